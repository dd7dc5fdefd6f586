// Adding pictures: what was picked, how far it is sent, and on to the job that takes it in.

import { at } from "./address.js";
import { NoAnswer, post, problemIn } from "./connection.js";
import { announce, say, size } from "./messages.js";

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
    send(form, parcels(files, Number(form.dataset.most), Number(form.dataset.mostBytes)));
  });
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

async function send(form, batches) {
  const button = form.querySelector("button[type=submit]");
  const progress = form.querySelector(".sending");
  if (button.ariaDisabled) return;
  button.ariaDisabled = "true";
  progress.hidden = false;
  tell(form, "");
  try {
    let job;
    for (const [number, files] of batches.entries()) {
      const body = new FormData();
      for (const file of files) body.append("files", file, file.webkitRelativePath || file.name);
      if (form.elements.labels.value.trim()) body.append("labels", form.elements.labels.value);
      const onProgress = (part) => (progress.value = (number + part) / batches.length);
      const answer = await post(at("/images"), body, { onProgress });
      if (answer.status >= 400) throw new Error(problemIn(answer.text));
      job = answer.address; // where the answer led to
    }
    tell(form, say("sent"));
    location.assign(batches.length > 1 ? at("/jobs") : job);
  } catch (error) {
    tell(form, error instanceof NoAnswer ? say("gone") : error.message);
  }
  progress.hidden = true;
  button.ariaDisabled = null;
}

function tell(form, words) {
  form.querySelector(".sent").textContent = words;
}
