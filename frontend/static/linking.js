// Copying the address of a search; one with a photo works here alone, until the photo is kept.

import { at } from "./address.js";
import { post, problemIn } from "./connection.js";
import { notice, say } from "./messages.js";
import { photos } from "./photos.js";

/** @param {HTMLElement} button says whether photos may be kept */
export async function copyLink(button) {
  const asked = new URLSearchParams(location.search);
  const keys = asked.getAll("photo");
  await copy(location.href);
  if (keys.length === 0) return notice(say("copied"));
  const together = keys.length === 1 || asked.get("combine") === "average"; // as pictures of the catalogue are
  if (!("mayKeep" in button.dataset) || !together) return notice(say("copied-here"));
  return notice(say("copied-here"), say("keep", { n: keys.length }), () => keepAndLink(keys, asked));
}

/** Add the photos to the pictures; then there is a link that works for everybody. */
async function keepAndLink(keys, asked) {
  try {
    const files = (await photos(keys)).filter(Boolean);
    if (files.length < keys.length) return notice(say("lost"));
    const job = await add(files);
    notice(say("keeping", { n: files.length }));
    const ids = await broughtIn(job);
    if (ids.length < files.length) return notice(say("not-kept"), say("activity"), () => location.assign(job));
    const link = linkOf(ids, asked);
    return notice(say("kept"), say("copy-link"), async () => {
      await copy(link);
      location.assign(link);
    });
  } catch (error) {
    return notice(error.message || say("gone"));
  }
}

/** Add the photos by a job; gives its page. */
async function add(files) {
  const body = new FormData();
  for (const file of files) body.append("files", file, file.name);
  const answer = await post(at("/images"), body);
  if (answer.status >= 400) throw new Error(problemIn(answer.text));
  return answer.address; // where the answer led to
}

/** The ids of what a job brought in, when it has ended. */
function broughtIn(job) {
  return new Promise((resolve) => {
    const events = new EventSource(`${job}/events`);
    events.addEventListener("end", ({ data }) => {
      events.close();
      resolve(JSON.parse(data).pictures);
    });
  });
}

function linkOf(ids, asked) {
  const rest = [...asked].filter(([name]) => name !== "photo" && name !== "combine");
  return new URL(at(`/search?${new URLSearchParams([...ids.map((id) => ["id", id]), ...rest])}`), location.href).href;
}

/** Over plain http browsers have no clipboard for pages; then it is copied as if by hand. */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
  } catch {
    const field = Object.assign(document.createElement("textarea"), { value: link, className: "unseen" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}
