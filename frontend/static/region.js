// A region of the shown picture, chosen with a pointer or with the arrow keys.

import { place } from "./fitting.js";
import { say } from "./messages.js";

const LEAST = 0.05;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Region {
  /** `words` says where it is; `changed` is called whenever it is moved. */
  constructor(element, image, words, changed) {
    this.element = element;
    this.image = image;
    this.words = words;
    this.changed = changed;
    this.area = element.querySelector(".area");
    this.reset();
    element.addEventListener("keydown", (event) => this.key(event));
    element.addEventListener("pointerdown", (event) => this.drag(event));
    image.addEventListener("load", () => this.draw());
    addEventListener("resize", () => this.draw());
  }

  reset() {
    [this.left, this.top, this.right, this.bottom] = [0.2, 0.2, 0.8, 0.8];
  }

  show(on) {
    this.element.hidden = !on;
    if (!on) return;
    this.reset();
    this.draw();
    this.focus();
  }

  focus() {
    this.element.querySelector(".handle.move").focus();
  }

  /** Left, top, right and bottom, as fractions of the upright picture. */
  get edges() {
    return [this.left, this.top, this.right, this.bottom];
  }

  set edges(edges) {
    [this.left, this.top, this.right, this.bottom] = edges;
    this.draw();
  }

  /** Move a corner ("nw" to "se"), or everything ("move"), by fractions of the picture. */
  move(corner, x, y) {
    const within = (value, least, most) => Math.min(Math.max(value, least), most);
    if (corner === "move") {
      const [across, down] = [within(x, -this.left, 1 - this.right), within(y, -this.top, 1 - this.bottom)];
      [this.left, this.right] = [this.left + across, this.right + across];
      [this.top, this.bottom] = [this.top + down, this.bottom + down];
    } else {
      if (corner.endsWith("w")) this.left = within(this.left + x, 0, this.right - LEAST);
      else this.right = within(this.right + x, this.left + LEAST, 1);
      if (corner.startsWith("n")) this.top = within(this.top + y, 0, this.bottom - LEAST);
      else this.bottom = within(this.bottom + y, this.top + LEAST, 1);
    }
    this.draw();
    this.changed();
  }

  key(event) {
    const corner = event.target.closest(".handle")?.dataset.corner;
    const direction = KEYS[event.key];
    if (!corner || !direction) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.1 : 0.02;
    this.move(corner, direction[0] * step, direction[1] * step);
  }

  /** On a handle or inside, what is there moves; anywhere else, a new region is drawn. */
  drag(event) {
    if (event.target.closest(".other-box")) return;
    event.preventDefault();
    const bounds = this.element.getBoundingClientRect();
    const corner = event.target.closest(".handle")?.dataset.corner ?? (event.target === this.area ? "move" : null);
    const at = (to) => [(to.clientX - bounds.left) / bounds.width, (to.clientY - bounds.top) / bounds.height];
    const start = at(event);
    let last = start;
    const moved = (to) => {
      const now = at(to);
      if (corner) this.move(corner, now[0] - last[0], now[1] - last[1]);
      else this.between(start, now);
      last = now;
    };
    this.element.setPointerCapture(event.pointerId);
    this.element.addEventListener("pointermove", moved);
    const done = () => this.element.removeEventListener("pointermove", moved);
    this.element.addEventListener("pointerup", done, { once: true });
    this.element.addEventListener("pointercancel", done, { once: true });
  }

  /** The box between two points, in whatever direction it is drawn. */
  between(one, other) {
    const ends = (axis) => {
      const [low, high] = [Math.min(one[axis], other[axis]), Math.max(one[axis], other[axis])];
      const start = Math.min(Math.max(low, 0), 1 - LEAST);
      return [start, Math.min(Math.max(high, start + LEAST), 1)];
    };
    [this.left, this.right] = ends(0);
    [this.top, this.bottom] = ends(1);
    this.draw();
    this.changed();
  }

  draw() {
    if (this.element.hidden) return;
    place(this.element, this.image);
    const percent = (value) => `${100 * value}%`;
    Object.assign(this.area.style, {
      left: percent(this.left),
      top: percent(this.top),
      width: percent(this.right - this.left),
      height: percent(this.bottom - this.top),
    });
    const whole = (value) => Math.round(100 * value);
    const [w, h] = [this.right - this.left, this.bottom - this.top].map(whole);
    this.words.textContent = say("region", { x: whole(this.left), y: whole(this.top), w, h });
  }
}
