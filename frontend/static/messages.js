// What the modules say: the page brings their messages along, in its language.

const language = document.documentElement.lang;
const texts = JSON.parse(document.querySelector("meta[name=messages]").content);
const plural = new Intl.PluralRules(language);
const announcer = document.querySelector("#announcer");

/**
 * The message `key` with its `{names}` filled; a value `n` chooses between one and other.
 * @param {string} key
 * @param {Record<string, any>} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  const text = texts["n" in values ? `${key}.${plural.select(values.n)}` : key] ?? texts[`${key}.other`];
  return text.replace(/\{(\w+)\}/g, (_, name) => number(values[name]));
}

/** Tell those who listen instead of looking. */
export function announce(words) {
  announcer.textContent = words;
}

/** A message at the foot of the window, with one thing to do about it; gives the button for that. */
export function notice(said, action, act) {
  document.querySelector(".toast")?.remove();
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("p"), { textContent: said }));
  let button;
  if (action) {
    button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", act, { once: true });
    toast.append(button);
  }
  document.querySelector("main").append(toast);
  announce(said);
  return button;
}

export function size(bytes) {
  const unit = bytes >= 1e6 ? "megabyte" : "kilobyte";
  const value = bytes / (unit === "megabyte" ? 1e6 : 1e3);
  /** @type {Intl.NumberFormatOptions} */
  const style = { style: "unit", unit, maximumFractionDigits: value < 10 ? 1 : 0 };
  return new Intl.NumberFormat(language, style).format(value);
}

/** Times as the clock on the wall has them: the server knows no time zone but UTC. */
export function showLocalTimes(root) {
  const local = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" });
  for (const time of root.querySelectorAll("time")) time.textContent = local.format(new Date(time.dateTime));
}

function number(value) {
  return typeof value === "number" ? value.toLocaleString(language) : value;
}
