// The search form: pictures from everywhere, words, and what happens when they are sent.

import { at, isAt } from "./address.js";
import { Answers } from "./answers.js";
import { Chosen, filesOf } from "./chosen.js";
import { watchDropping } from "./dropping.js";
import { announce, say } from "./messages.js";

export function watchForm(form) {
  const files = form.querySelector("#files");
  const button = form.querySelector("button[type=submit]");
  const chosen = new Chosen(form.querySelector(".chosen"), files);
  const answers = new Answers();

  const take = (input) => {
    chosen.add([...input.files]);
    input.value = ""; // the same file may be chosen again after it was removed
  };
  form.querySelectorAll("input[type=file]").forEach((input) => {
    input.addEventListener("change", () => take(input));
    if (input.files.length > 0) take(input); // a browser that comes back keeps them
  });
  addEventListener("paste", (event) => chosen.add(filesOf(event.clipboardData)));
  watchDropping((dropped) => chosen.add(dropped));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (chosen.files.length > 0) return search(form, chosen.files, answers);
    if (!form.elements.text.value.trim()) return askForSomething(form);
    busy(button, true);
    announce(say("searching"));
    location.assign(at(`/search?${question(form)}`));
  });
  // Coming back with the Back button shows the page as it was left: still "searching".
  addEventListener("pageshow", () => busy(button, false));
  addEventListener("popstate", () => {
    if (answers.shown && location.hash !== "#results") location.reload();
  });
  document.addEventListener("searchpart", ({ detail }) => {
    answers.again(detail.article, [detail.file], [...fields(form), ["box", detail.box]]);
  });
}

function search(form, files, answers) {
  if (location.hash !== "#results" || !isAt("/")) history.pushState({}, "", at("/#results"));
  const shared = fields(form);
  const together = files.length > 1 && form.elements.combine.value !== "each";
  if (together) answers.ask([files], [...shared, ["combine", form.elements.combine.value]]);
  else answers.ask(files.map((file) => [file]), shared);
}

function askForSomething(form) {
  const hint = say("nothing");
  form.elements.text.setCustomValidity(hint);
  form.elements.text.reportValidity();
  form.elements.text.addEventListener("input", () => form.elements.text.setCustomValidity(""), { once: true });
  form.querySelector("#files").addEventListener(
    "change", () => form.elements.text.setCustomValidity(""), { once: true });
  announce(hint);
}

/** What goes with each picture: everything filled in but the pictures and how to combine them. */
function fields(form) {
  return [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && name !== "combine" && value.trim() !== "");
}

function question(form) {
  return new URLSearchParams(fields(form)).toString();
}

function busy(button, on) {
  button.classList.toggle("busy", on);
  button.ariaDisabled = on ? "true" : null;
}
