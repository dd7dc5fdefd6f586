// What a part of a picture finds while its box is moved: one request at a time, and only the newest answer is shown.

import { at } from "./address.js";
import { ask, parse } from "./connection.js";
import { boxOf, modelOf } from "./cropping.js";
import { say } from "./messages.js";

const REST_MS = 250;
const MANY = "12";
const SIDE = 512; // encoders see no more of it

export class Live {
  /** @param {HTMLElement} place with a `.live-words` for words and a `.rows` for pictures */
  constructor(place) {
    this.words = place.querySelector(".live-words");
    this.rows = place.querySelector(".rows");
    /** @type {{ link: any, image: HTMLImageElement, edges: number[] } | null} */
    this.wanted = null;
    this.busy = false;
    this.waiting = 0;
  }

  /** Ask when the box has rested; what was asked before isn't wanted any more. */
  ask(link, image, edges) {
    clearTimeout(this.waiting);
    this.wanted = { link, image, edges };
    this.waiting = setTimeout(() => this.next(), REST_MS);
  }

  end() {
    clearTimeout(this.waiting);
    this.wanted = null;
    this.words.textContent = "";
    this.rows.replaceChildren();
  }

  async next() {
    if (this.busy || !this.wanted) return;
    const question = this.wanted;
    this.busy = true;
    this.words.textContent = say("searching");
    const shown = await found(question).catch((error) => ({ words: error.message || say("gone"), tiles: [] }));
    this.busy = false;
    if (this.wanted === question) this.show(shown);
    else this.next();
  }

  show({ words, tiles }) {
    this.words.textContent = words;
    this.rows.replaceChildren(...tiles.map((tile) => document.adoptNode(tile)));
  }
}

async function found({ link, image, edges }) {
  const { id, photo } = link.dataset;
  const model = modelOf(link);
  const asked = new URLSearchParams({ k: MANY, ...(model ? { model } : {}) });
  const answer = photo ? await ask(at("/"), "POST", await form(asked, image, edges)) : await ask(at(`/search?${asked}&id=${id}&box=${boxOf(edges)}`));
  const list = parse(await answer.text());
  const tiles = [...list.querySelectorAll(".rows > li")];
  const nothing = list.querySelector(".nothing strong")?.textContent;
  return { words: nothing ?? say("like-part", { n: tiles.length }), tiles };
}

/** Of a photo that only this browser has, the part alone is sent. */
async function form(asked, image, [left, top, right, bottom]) {
  const [width, height] = [(right - left) * image.naturalWidth, (bottom - top) * image.naturalHeight];
  const scale = Math.min(1, SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "white"; // as the service does it, behind what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, left * image.naturalWidth, top * image.naturalHeight, width, height, 0, 0, canvas.width, canvas.height);
  const body = new FormData();
  for (const [name, value] of asked) body.append(name, value);
  /** @type {Blob} */
  const part = await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error())), "image/jpeg", 0.92));
  body.append("files", part, "part.jpg");
  return body;
}
