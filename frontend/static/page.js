// What JavaScript adds to a page that works without it: drop, paste, previews, a sign that it is searching.

const form = document.querySelector(".by-picture");
const input = form.elements.files;
const list = form.querySelector(".chosen");
const announcer = form.querySelector("[role=status]");
const buttons = document.querySelectorAll("button[type=submit]");

let chosen = [];

function say(words) {
  announcer.textContent = words;
}

function picturesOf(transfer) {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/"));
}

function show() {
  const transfer = new DataTransfer();
  chosen.forEach((file) => transfer.items.add(file));
  input.files = transfer.files;
  for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  list.replaceChildren(...chosen.map(chip));
  list.hidden = chosen.length === 0;
  form.classList.toggle("filled", chosen.length > 0);
}

function chip(file, position) {
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.addEventListener("error", () => image.replaceWith(file.name));
  const remove = document.createElement("button");
  remove.type = "button";
  remove.ariaLabel = `Remove ${file.name}`;
  remove.title = remove.ariaLabel;
  remove.addEventListener("click", () => drop(position));
  const item = document.createElement("li");
  item.append(image, remove);
  return item;
}

function add(files) {
  const known = new Set(chosen.map(identity));
  chosen = [...chosen, ...files.filter((file) => !known.has(identity(file)))];
  show();
  if (files.length > 0) say(`${chosen.length} ${chosen.length === 1 ? "picture" : "pictures"} chosen`);
}

function identity(file) {
  return [file.name, file.size, file.lastModified].join("/");
}

function drop(position) {
  const [gone] = chosen.splice(position, 1);
  show();
  say(`${gone.name} removed`);
  (list.querySelectorAll("button")[Math.min(position, chosen.length - 1)] ?? input).focus();
}

function busy(button, on) {
  button.classList.toggle("busy", on);
  for (const each of buttons) each.ariaDisabled = on ? "true" : null;
}

function watchDragging() {
  let depth = 0;
  const drags = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dragging", depth > 0);
  };
  addEventListener("dragenter", (event) => drags(event) && mark(1));
  addEventListener("dragleave", (event) => drags(event) && mark(-1));
  addEventListener("dragover", (event) => drags(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!drags(event)) return;
    event.preventDefault();
    mark(-depth);
    add(picturesOf(event.dataTransfer));
  });
}

function watchSearching() {
  for (const each of document.forms) {
    each.addEventListener("submit", (event) => {
      const button = each.querySelector("button[type=submit]");
      if (button.ariaDisabled) return event.preventDefault();
      busy(button, true);
      say("Searching…");
    });
  }
  // Coming back with the Back button shows the page as it was left: still "searching".
  addEventListener("pageshow", () => buttons.forEach((button) => busy(button, false)));
}

// A picker that is cancelled empties the input: adding nothing puts the chosen files back.
input.addEventListener("change", () => add([...input.files]));
addEventListener("paste", (event) => add(picturesOf(event.clipboardData)));
form.elements.k.addEventListener("change", () => {
  document.querySelector(".by-words [name=k]").value = form.elements.k.value;
});
watchDragging();
watchSearching();
