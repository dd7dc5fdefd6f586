// Files dragged over the window, wherever they are let go.

import { filesOf } from "./chosen.js";

export function watchDropping(receive) {
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dragging", depth > 0);
  };
  addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
  addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    receive(filesOf(event.dataTransfer));
  });
}
