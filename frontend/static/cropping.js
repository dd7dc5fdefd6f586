// Searching by parts of a picture: boxes on it, and what the one that is being drawn finds.

import { at } from "./address.js";
import { Live } from "./live.js";
import { announce, say } from "./messages.js";
import { Region } from "./region.js";

const MOST = 6;

export class Cropping {
  /** @param {{ dialog: HTMLElement, image: HTMLImageElement, link: HTMLAnchorElement, crop: (on: boolean) => void }} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    const find = (selector) => viewer.dialog.querySelector(selector);
    this.frame = find(".cropping");
    this.bar = find(".crop-bar");
    this.goButton = find(".crop-go");
    this.addButton = find(".crop-add");
    this.takeButton = find(".crop-take");
    /** @type {any[]} */
    this.boxes = [];
    this.current = 0;
    this.live = new Live(find(".live"));
    this.region = new Region(this.frame, viewer.image, find(".crop-size"), () => this.look());
    this.goButton.addEventListener("click", () => location.assign(this.address()));
    this.addButton.addEventListener("click", () => this.add());
    this.takeButton.addEventListener("click", () => this.take());
    find(".crop-off").addEventListener("click", () => viewer.crop(false));
    this.frame.addEventListener("click", (event) => {
      const other = event.target.closest(".other-box");
      if (other) this.choose(Number(other.dataset.place));
    });
  }

  turn(on) {
    this.viewer.dialog.classList.toggle("crops", on);
    this.bar.hidden = !on;
    this.boxes = [null];
    this.current = 0;
    this.region.show(on);
    if (on) this.draw();
    else this.live.end();
  }

  /** The one that is being drawn stands in the region; the others are as they were left. */
  keepCurrent() {
    this.boxes[this.current] = this.region.edges;
  }

  /** One more, where it can be told from the others. */
  add() {
    if (this.boxes.length >= MOST) return;
    this.keepCurrent();
    const shift = 0.08 * (this.boxes.length % 4);
    this.boxes.push([0.35 + shift / 2, 0.35 + shift / 2, 0.65 + shift, 0.65 + shift]);
    this.choose(this.boxes.length - 1);
    announce(say("parts", { n: this.boxes.length }));
  }

  choose(place) {
    if (place !== this.current && this.current < this.boxes.length) this.keepCurrent();
    this.current = place;
    this.region.edges = this.boxes[place];
    this.draw();
    this.region.focus();
  }

  /** Without the one that is being drawn. */
  take() {
    this.boxes.splice(this.current, 1);
    this.current = this.boxes.length; // nothing of it is to be kept
    this.choose(this.boxes.length - 1);
    announce(say("parts", { n: this.boxes.length }));
  }

  draw() {
    const several = this.boxes.length > 1;
    this.frame.querySelectorAll(".other-box").forEach((box) => box.remove());
    this.boxes.forEach((edges, place) => place !== this.current && this.frame.append(otherBox(edges, place)));
    this.takeButton.hidden = !several;
    this.addButton.hidden = this.boxes.length >= MOST;
    this.goButton.textContent = say("by-parts", { n: this.boxes.length });
    this.look();
  }

  look() {
    this.live.ask(this.viewer.link, this.viewer.image, this.region.edges);
  }

  /** Where these parts are searched by, each by itself. */
  address() {
    this.keepCurrent();
    const { id, photo } = this.viewer.link.dataset;
    const asked = new URLSearchParams([photo ? ["photo", photo] : ["id", id ?? ""], ...this.boxes.map((edges) => ["box", boxOf(edges)])]);
    const model = modelOf(this.viewer.link);
    if (model) asked.append("model", model);
    return at(`${photo ? "/" : "/search"}?${asked}`);
  }
}

/** x,y,w,h as fractions of the upright picture. */
export function boxOf([left, top, right, bottom]) {
  return [left, top, right - left, bottom - top].map((value) => Number(value.toFixed(4))).join(",");
}

/** The encoder that is searched with, where one was chosen. */
export function modelOf(link) {
  return new URL(link.href).searchParams.get("model") ?? new URLSearchParams(location.search).get("model");
}

function otherBox([left, top, right, bottom], place) {
  const box = Object.assign(document.createElement("button"), { type: "button", className: "other-box", textContent: place + 1 });
  box.dataset.place = place;
  box.ariaLabel = say("part", { number: place + 1 });
  const percent = (value) => `${100 * value}%`;
  Object.assign(box.style, { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) });
  return box;
}
