// The search bar: words, and photos from everywhere. A search begins as soon as there is a photo.

import { at } from "./address.js";
import { online } from "./connection.js";
import { filesOf, watchDropping } from "./dropping.js";
import { announce, notice, say } from "./messages.js";
import { keep } from "./photos.js";

export function watchForm(form) {
  const words = form.elements.text;
  const button = form.querySelector("button[type=submit]");
  const adds = document.querySelector("form.adding"); // there, what is dropped or pasted is added
  form.querySelectorAll("input[type=file]").forEach((input) => {
    const take = () => input.files.length > 0 && withPhotos(form, [...input.files]);
    input.addEventListener("change", take);
    input.value = ""; // a browser that comes back keeps what was chosen
  });
  if (!adds) {
    addEventListener("paste", (event) => withPhotos(form, filesOf(event.clipboardData)));
    watchDropping("search", (files) => withPhotos(form, files), (link) => withLink(form, link));
  }
  document.addEventListener("submit", (event) => {
    const asked = /** @type {HTMLFormElement} */ (event.target);
    if (!asked.matches("form.by-link")) return;
    event.preventDefault();
    withLink(form, new URL(new FormData(asked).get("url")?.toString() ?? ""));
  });
  document.addEventListener("click", async (event) => {
    const button = /** @type {Element} */ (event.target).closest(".copy-link");
    if (button) (await import("./linking.js")).copyLink(button);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, button);
  });
  words.addEventListener("input", () => limit(words));
  // Coming back with the Back button shows the page as it was left: still "searching".
  addEventListener("pageshow", () => busy(button, false));
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.key !== "/" || target.closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    words.select();
  });
  if (matchMedia("(pointer: fine)").matches && document.body.className === "landing") words.focus();
}

/** Search with these, and with the photos and words that were asked for already. */
async function withPhotos(form, files) {
  if (files.length === 0) return;
  announce(say("searching"));
  const asked = [...shownPhotos(), ...await keep(files)];
  go(form, asked);
}

/** A picture dragged here from a page: ours by its number, others by the link that they came from. */
async function withLink(form, link) {
  const own = link.origin === location.origin && link.pathname.match(/\/images\/(\d+)/);
  if (own) return location.assign(at(`/search?id=${own[1]}`));
  notice(say("fetching", { host: link.host }));
  try {
    const { linked } = await import("./fetching.js");
    const file = await linked(link.href);
    if (file) await withPhotos(form, [file]);
    else location.assign(at(`/search?${new URLSearchParams({ url: link.href })}`));
  } catch (error) {
    notice(error.message || say("gone"));
  }
}

function submit(form, button) {
  const asked = shownPhotos();
  if (asked.length === 0 && !form.elements.text.value.trim()) return complain(form, say("nothing"));
  if (!limit(form.elements.text)) return form.elements.text.reportValidity();
  busy(button, true);
  announce(say(navigator.onLine ? "searching" : "back"));
  return go(form, asked);
}

/** To the address of the question, as soon as there is a connection. */
async function go(form, asked) {
  const fields = [...new FormData(form)].filter(([, value]) => typeof value === "string" && value.trim() !== "");
  const question = new URLSearchParams([
    ...asked.map((key) => ["photo", key]),
    ...fields.filter(([name, value]) => name !== "combine" || (asked.length > 1 && value !== "each")),
  ]);
  await online();
  location.assign(at(`${asked.length > 0 ? "/" : "/search"}?${question}`));
}

function shownPhotos() {
  return document.querySelector("[data-photos]") ? new URLSearchParams(location.search).getAll("photo") : [];
}

function complain(form, words) {
  form.elements.text.setCustomValidity(words);
  form.elements.text.reportValidity();
  announce(words);
}

/** Words past the limit are never cut in silence. */
function limit(words) {
  const most = Number(words.dataset.most);
  const fits = words.value.length <= most;
  words.setCustomValidity(fits ? "" : say("too-long", { most }));
  if (!fits) words.reportValidity();
  return fits;
}

function busy(button, on) {
  button.classList.toggle("busy", on);
  button.ariaDisabled = on ? "true" : null;
}
