// Adding pictures: what was picked or dropped, how far it is sent, and the job that takes it in.

import { at } from "./address.js";
import { NoAnswer, post, problemIn } from "./connection.js";
import { filesOf, watchDropping } from "./dropping.js";
import { announce, notice, say, size } from "./messages.js";

const MOST = { most: 1000, mostBytes: 128e6 };

export function watchAdding(form) {
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const picked = form.querySelector(".picked");
  const all = () => inputs.flatMap((input) => [...input.files]);
  form.addEventListener("change", () => {
    const files = all();
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    picked.hidden = files.length === 0;
    picked.textContent = say("picked", { n: files.length, size: size(bytes) });
    announce(picked.textContent);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = all();
    if (files.length === 0) return tell(form, say("none-picked"));
    add(form, files);
  });
  watchDropping("add", (files) => add(form, files));
  addEventListener("paste", (event) => filesOf(event.clipboardData).length && add(form, filesOf(event.clipboardData)));
}

/** Send files with the form's labels, and follow what becomes of them. */
async function add(form, files) {
  const button = form.querySelector("button[type=submit]");
  const progress = form.querySelector(".sending");
  if (button.ariaDisabled) return;
  button.ariaDisabled = "true";
  progress.hidden = false;
  tell(form, say("adding", { n: files.length }));
  const fields = new FormData();
  if (form.elements.labels.value.trim()) fields.append("labels", form.elements.labels.value);
  const most = { most: Number(form.dataset.most), mostBytes: Number(form.dataset.mostBytes) };
  try {
    await send(files, fields, { ...most, onProgress: (part) => (progress.value = part) });
    form.reset();
    form.querySelector(".picked").hidden = true;
    tell(form, "");
    const box = form.closest("details");
    if (box) box.open = false;
  } catch (error) {
    tell(form, error instanceof NoAnswer ? say("gone") : error.message);
  }
  progress.hidden = true;
  button.ariaDisabled = null;
}

/**
 * Send files in as many requests as it takes; the bar follows the jobs that take them in.
 * @param {File[]} files
 * @param {FormData} fields
 * @param {{ most?: number, mostBytes?: number, onProgress?: (part: number) => void }} limits
 */
export async function send(files, fields, { most = MOST.most, mostBytes = MOST.mostBytes, onProgress }) {
  const batches = parcels(files, most, mostBytes);
  const { track } = await import("./activity.js");
  for (const [number, batch] of batches.entries()) {
    const body = new FormData();
    for (const file of batch) body.append("files", file, file.webkitRelativePath || file.name);
    for (const [name, value] of fields) body.append(name, value);
    const report = (part) => onProgress?.((number + part) / batches.length);
    const answer = await post(at("/images"), body, { onProgress: report });
    if (answer.status >= 400) throw new Error(problemIn(answer.text));
    track([{ address: answer.address, name: say("files", { n: batch.length }) }]); // where the answer led to
  }
  const list = document.querySelector(".activity");
  notice(say("adding", { n: files.length }), say("activity"), () => setTimeout(() => (list.open = true)));
}

/** Requests that are each small enough for the server. */
function parcels(files, most, mostBytes) {
  const found = [];
  let bytes = Infinity;
  for (const file of files) {
    if (bytes + file.size > 0.95 * mostBytes || found.at(-1).length === most) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1).push(file);
    bytes += file.size;
  }
  return found;
}

function tell(form, words) {
  form.querySelector(".sent").textContent = words;
}
