// The answers to questions with photos, which only this browser knows: asked for when their page is opened.

import { at } from "./address.js";
import { NoAnswer, online, parse, post, problemIn } from "./connection.js";
import { endless } from "./endless.js";
import { announce, notice, say } from "./messages.js";
import { photos } from "./photos.js";
import { scaled } from "./scaling.js";

const AT_ONCE = 4;
const TRIES = 4;

/** The form that an article's hits were asked for with: the viewer asks with it why a picture was found. */
export const asked = new WeakMap();

export async function answerPhotos(section) {
  const articles = [...section.querySelectorAll("article")];
  const keys = new URLSearchParams(location.search).getAll("photo");
  const files = new Map((await photos(keys).catch(() => [])).map((file, place) => [keys[place], file]));
  for (const place of section.querySelectorAll("[data-photo]:not(a)")) show(place, files.get(place.dataset.photo));
  offerToKeep(section, [...files.values()].filter(Boolean));
  document.title = [...files.values()].map((file) => file?.name).join(", ") + document.title.replace(/^.*? ·/, " ·");
  const tally = { done: 0, failed: 0, total: articles.length };
  const queue = [...articles];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (queue.length > 0) await one(queue.shift(), files, tally);
  }));
  const failed = tally.failed ? ` ${say("failed", { n: tally.failed })}` : "";
  announce(say("finished", { n: tally.total - tally.failed }) + failed);
  const viewer = await import("./viewer.js");
  viewer.followAddress();
}

/** A photo, or the region of it that was asked for, and its name. */
function show(place, file) {
  const name = place.querySelector("bdi");
  if (!file) return;
  name.textContent = file.name;
  const source = URL.createObjectURL(file);
  const picture = new Image();
  picture.addEventListener("load", () => {
    const [w, h] = [picture.naturalWidth, picture.naturalHeight];
    for (const frame of place.querySelectorAll("svg.preview")) {
      const box = (frame.dataset.box ?? "0,0,1,1").split(",").map(Number);
      frame.setAttribute("viewBox", [box[0] * w, box[1] * h, box[2] * w, box[3] * h].join(" "));
      const image = frame.querySelector("image");
      image.setAttribute("href", source);
      image.setAttribute("width", w);
      image.setAttribute("height", h);
      frame.ariaLabel = say("your", { name: file.name });
    }
  });
  picture.addEventListener("error", () => place.querySelector("a.open")?.remove());
  picture.src = source;
  const link = place.querySelector("a.open");
  link.dataset.file = source;
  link.dataset.name = file.name;
}

async function one(article, files, tally) {
  const sent = article.dataset.photos.split(" ").map((key) => files.get(key));
  if (sent.includes(undefined)) {
    tally.failed++;
    fail(article, say("lost"));
  } else {
    const body = await question(sent, article.dataset.box);
    asked.set(article, body);
    const answer = await patiently(article, body);
    if (answer.status >= 400) {
      tally.failed++;
      fail(article, problemIn(answer.text), answer.status >= 500 && (() => one(article, files, { done: 0, failed: 0, total: 1 })));
    } else {
      article.querySelector(".found").replaceWith(document.adoptNode(parse(answer.text).querySelector(".found")));
      if (article.querySelector(".failed")) tally.failed++;
      if (article.querySelector(".query")) article.querySelector(".pages")?.remove(); // "See all" leads there
      else watchMore(article, sent);
    }
  }
  stage(article, "");
  article.ariaBusy = null;
  tally.done++;
  if (tally.total > 1) announce(say("progress", { done: tally.done, total: tally.total }));
}

/** The address says everything but the photos; several that aren't put together are asked about one by one. */
async function question(sent, box) {
  const body = new FormData();
  for (const file of sent) body.append("files", await scaled(file));
  const together = document.querySelectorAll("article[data-photos]").length === 1;
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name !== "photo" && (name !== "combine" || sent.length > 1) && (name !== "box" || together)) body.append(name, value);
  }
  if (box) body.append("box", box); // one of several on the same photo
  if (!together && !body.has("k")) body.append("k", "10");
  return body;
}

/** A busy server says when to come back; without a connection, the question waits for it. */
async function patiently(article, body) {
  for (let tries = 1; ; ) {
    const onProgress = (part) => stage(article, part < 1 ? say("sending", { percent: Math.round(part * 100) }) : say("searching"));
    try {
      const answer = await post(at("/"), body, { onProgress, level: article.querySelector(".query") ? 3 : 2 });
      if (answer.status !== 429 || ++tries > TRIES) return answer;
      stage(article, say("busy"));
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(1, answer.wait)));
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (navigator.onLine) return { status: 599, text: JSON.stringify({ detail: say("gone") }) };
      stage(article, say("back"));
      await online();
    }
  }
}

/** More hits of the same photos come when one gets to the end of those that are there. */
function watchMore(article, sent) {
  const pages = article.querySelector(".pages");
  if (!pages) return;
  endless(article.querySelector(".found"), async (button) => {
    const body = await question(sent, article.dataset.box);
    body.set("offset", button.dataset.after);
    const answer = await post(at("/"), body);
    if (answer.status >= 400) throw new Error(problemIn(answer.text));
    return parse(answer.text).querySelector(".found");
  });
}

function fail(article, details, again) {
  const words = document.createElement("p");
  words.append(details);
  if (again) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: say("again") });
    button.addEventListener("click", again);
    words.append(" ", button);
  }
  const box = Object.assign(document.createElement("div"), { className: "failed" });
  box.append(words);
  const found = Object.assign(document.createElement("div"), { className: "found" });
  found.append(box);
  article.querySelector(".found").replaceWith(found);
}

function stage(article, words) {
  article.querySelector(".stage").textContent = words;
}

/** What one searched with can be added to one's pictures, after the search. */
function offerToKeep(section, files) {
  const button = section.querySelector(".keep");
  if (!button) return; // not everybody may add pictures
  button.hidden = files.length === 0;
  button.addEventListener("click", async () => {
    const { send } = await import("./adding.js");
    await send(files, new FormData(), {}).then(() => button.parentElement.remove(), (error) => notice(error.message));
  });
}
