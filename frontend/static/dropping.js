// What is dragged over the window, wherever it is let go: files, or a picture's link from another page.

import { say } from "./messages.js";

/**
 * `use` is what a drop does; it is said while something is dragged.
 * @param {"search" | "add"} use
 * @param {(files: File[]) => void} receive
 * @param {((link: URL) => void) | null} [receiveLink]
 */
export function watchDropping(use, receive, receiveLink = null) {
  let depth = 0;
  const sign = Object.assign(document.createElement("p"), { className: "drop-sign", hidden: true });
  document.body.append(sign);
  const useful = (event) => {
    const types = event.dataTransfer?.types ?? [];
    return types.includes("Files") || (receiveLink !== null && types.includes("text/uri-list"));
  };
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    sign.hidden = depth === 0;
    sign.textContent = say(`drop-${use}`);
  };
  addEventListener("dragenter", (event) => useful(event) && mark(1));
  addEventListener("dragleave", (event) => useful(event) && mark(-1));
  addEventListener("dragover", (event) => useful(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!useful(event)) return;
    event.preventDefault();
    mark(-depth);
    const files = filesOf(event.dataTransfer);
    const link = linkOf(event.dataTransfer);
    if (link && receiveLink && (link.origin === location.origin || files.length === 0)) receiveLink(link);
    else receive(files);
  });
}

/** What was dropped or pasted; files of other kinds come too, so that each can be told why it isn't found. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

/** The first link that a drag brings along. */
function linkOf(transfer) {
  const line = transfer.getData("text/uri-list").split(/\r?\n/).find((each) => each && !each.startsWith("#"));
  return line && URL.canParse(line) ? new URL(line) : null;
}
