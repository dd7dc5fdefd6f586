// Searching with many pictures: each is a request of its own, and its answer shows as soon as it is there.

import { at } from "./address.js";
import { NoAnswer, parse, post, problemIn } from "./connection.js";
import { announce, say } from "./messages.js";
import { scaled } from "./scaling.js";

const AT_ONCE = 4;
const TRIES = 4;

export class Answers {
  constructor() {
    this.template = document.querySelector("#waiting");
    this.running = new AbortController();
    this.shown = false;
  }

  /** `groups` are lists of files that are asked about together; `fields` go with every one of them. */
  async ask(groups, fields) {
    this.running.abort();
    const running = (this.running = new AbortController());
    const section = this.section(groups.length);
    const waiting = groups.map((files) => this.waiting(files, fields));
    section.querySelector(".articles").replaceChildren(...waiting.map(({ article }) => article));
    section.scrollIntoView({ block: "start" });
    section.focus({ preventScroll: true });
    const tally = { done: 0, failed: 0, total: groups.length };
    const queue = [...waiting];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (queue.length > 0 && !running.signal.aborted) {
        await this.one(queue.shift(), fields, running.signal, tally);
      }
    }));
    if (running.signal.aborted) return;
    const failed = tally.failed ? ` ${say("failed", { n: tally.failed })}` : "";
    announce(say("finished", { n: tally.total - tally.failed }) + failed);
  }

  /** Ask once more about one picture, a region of it for example. */
  async again(article, files, fields) {
    const entry = { article, files };
    this.show(article, "ghost");
    await this.one(entry, fields, this.running.signal, { done: 0, failed: 0, total: 1 });
    announce(say("finished", { n: 1 }));
  }

  async one(entry, fields, signal, tally) {
    const { article, files } = entry;
    const body = new FormData();
    for (const file of files) body.append("files", await scaled(file));
    for (const [name, value] of fields) body.append(name, value);
    article.asked = body; // the viewer asks with it why a picture was found
    try {
      const answer = await this.patiently(() => post(at("/"), body, {
        signal,
        onProgress: (part) => stage(article, part < 1 ? say("sending", { percent: Math.round(part * 100) }) : say("searching")),
      }), article);
      const found = this.fill(entry, fields, answer);
      if (!found) tally.failed++;
    } catch (error) {
      if (error.name === "AbortError") return;
      tally.failed++;
      this.fail(entry, fields, error instanceof NoAnswer ? say("gone") : String(error.message));
    }
    stage(article, "");
    article.ariaBusy = null;
    article.classList.remove("waiting");
    tally.done++;
    if (tally.total > 1) announce(say("progress", { done: tally.done, total: tally.total }));
  }

  /** A busy server says when to come back. */
  async patiently(send, article) {
    for (let tries = 1; ; tries++) {
      const answer = await send();
      if (answer.status !== 429 || tries === TRIES) return answer;
      stage(article, say("busy"));
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.max(1, answer.wait)));
    }
  }

  /** Take the answer out of the page that the server shows; false when it is a problem. */
  fill(entry, fields, answer) {
    const { article } = entry;
    const page = parse(answer.text);
    const found = page.querySelector("article .found");
    if (found) {
      article.querySelector(".found").replaceWith(document.adoptNode(found));
      this.explain(page.querySelector(".legend"));
      return !article.querySelector(".failed");
    }
    const details = problemIn(answer.text);
    if (answer.status >= 500) this.fail(entry, fields, details);
    else this.show(article, "failed", details);
    return false;
  }

  /** What the numbers mean stands once, below all answers. */
  explain(legend) {
    const section = document.querySelector("#results");
    if (legend && !section.querySelector(".legend")) section.append(document.adoptNode(legend));
  }

  fail(entry, fields, details) {
    const found = this.show(entry.article, "failed", details);
    const again = document.createElement("button");
    again.type = "button";
    again.className = "plain";
    again.textContent = say("again");
    again.addEventListener("click", () => this.again(entry.article, entry.files, fields));
    found.querySelector("p").append(" ", again);
  }

  show(article, state, details = "") {
    const found = article.querySelector(".found");
    if (state === "ghost") {
      found.replaceChildren(...this.template.content.querySelector(".found").cloneNode(true).children);
      ghosts(found.querySelector(".matches"));
      return found;
    }
    const words = document.createElement("p");
    const title = document.createElement("strong");
    title.textContent = say("couldnt");
    words.append(title, " ", details);
    const box = document.createElement("div");
    box.className = "failed";
    box.append(words);
    found.replaceChildren(box);
    return found;
  }

  waiting(files, fields) {
    const article = this.template.content.firstElementChild.cloneNode(true);
    const preview = article.querySelector(".preview");
    const [file] = files;
    preview.src = URL.createObjectURL(file);
    preview.alt = say("your", { name: file.name });
    article.querySelector("h2 bdi").textContent = files.map((each) => each.name).join(", ");
    stage(article, say("waiting"));
    const k = Number(fields.find(([name]) => name === "k")?.[1] ?? 5);
    ghosts(article.querySelector(".matches"), Math.min(k, 10));
    const crop = article.querySelector(".crop-mine");
    crop.hidden = files.length > 1 || !file.type.startsWith("image/");
    preview.addEventListener("error", () => {
      preview.hidden = true;
      article.querySelector(".missing").hidden = false;
      crop.hidden = true;
    });
    crop.addEventListener("click", () => crop.dispatchEvent(
      new CustomEvent("cropmine", { bubbles: true, detail: { article, file, src: preview.src } })));
    return { article, files };
  }

  /** The section that holds the answers, in the place of what was there before. */
  section(n) {
    this.shown = true;
    document.querySelector("#results")?.remove();
    document.querySelector(".trouble")?.remove();
    document.querySelector(".hero")?.remove();
    document.body.className = "answered";
    const section = document.createElement("section");
    section.id = "results";
    section.className = "results";
    section.tabIndex = -1;
    const heading = document.createElement("h1");
    heading.id = "results-title";
    heading.textContent = say("each", { n });
    section.setAttribute("aria-labelledby", heading.id);
    const articles = document.createElement("div");
    articles.className = "articles";
    section.append(heading, articles);
    document.querySelector("main").append(section);
    return section;
  }
}

function stage(article, words) {
  article.querySelector(".stage").textContent = words;
}

/** Empty tiles that keep the place of what will come. */
function ghosts(list, count = 5) {
  list.replaceChildren(...Array.from({ length: count }, () => {
    const item = document.createElement("li");
    const tile = document.createElement("span");
    tile.className = "tile";
    const line = document.createElement("span");
    line.className = "line";
    item.append(tile, line);
    return item;
  }));
}
