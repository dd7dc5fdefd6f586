// What JavaScript adds to pages that work without it; each part is loaded where its elements are.

import { keepShell, watchConnection } from "./connection.js";
import { showLocalTimes } from "./messages.js";

const parts = [
  ["form.ask", "./form.js", "watchForm"],
  ["form.adding", "./adding.js", "watchAdding"],
  ["dialog.viewer", "./viewer.js", "watchViewer"],
  ["[data-photos]", "./answers.js", "answerPhotos"],
  ["main .pages", "./endless.js", "watchEnd"],
  [".by-date .months", "./timeline.js", "watchTimeline"],
  ["form.selection", "./selecting.js", "watchSelection"],
  ["main:has([data-suggest])", "./suggesting.js", "watchSuggestions"],
  ["[data-job]", "./job.js", "watchJob"],
  [".indexing", "./indexing.js", "watchIndexing"],
  ["[data-offline]", "./offline.js", "watchOffline"],
];

watchConnection();
showLocalTimes(document);
// Skipping leaves the address alone: the Back button leads to where one was before, not to before the skip.
const skip = document.querySelector(".skip");
skip.addEventListener("click", (event) => {
  event.preventDefault();
  (document.querySelector(skip.hash) ?? document.querySelector("main")).focus();
});
closeTogether();
try {
  if (localStorage.getItem("adding")) parts.push([".activity", "./activity.js", "watchActivity"]);
} catch {
  // a browser that keeps nothing has nothing to follow
}
for (const [selector, module, watch] of parts) {
  const element = document.querySelector(selector);
  if (element) (await import(module))[watch](element);
}
document.documentElement.dataset.ready = ""; // from here on, everything answers
keepShell();

/** What opens over the page closes with Escape, or when something else is clicked. */
function closeTogether() {
  const open = () => [...document.querySelectorAll("details[open]:has(> .popover)")];
  addEventListener("click", (event) => open().forEach((box) => {
    if (!box.contains(event.target)) box.open = false;
  }));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    open().forEach((box) => {
      box.open = false;
      box.querySelector("summary").focus();
    });
  });
}
