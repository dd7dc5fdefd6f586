// A region of the shown picture, chosen with a pointer or with the arrow keys.

import { say } from "./messages.js";
import { place } from "./fitting.js";

const LEAST = 0.05;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Region {
  constructor(element, image) {
    this.element = element;
    this.image = image;
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

  show(on, words) {
    this.words = words;
    this.element.hidden = !on;
    if (!on) return;
    this.reset();
    this.draw();
    this.element.querySelector(".handle.move").focus();
  }

  /** x,y,w,h as fractions of the upright picture. */
  toString() {
    const round = (value) => Number(value.toFixed(4));
    return [this.left, this.top, this.right - this.left, this.bottom - this.top].map(round).join(",");
  }

  /** Move a corner, or everything, by fractions of the picture. */
  move(corner, x, y) {
    const within = (value, least, most) => Math.min(Math.max(value, least), most);
    if (corner === "nw") {
      this.left = within(this.left + x, 0, this.right - LEAST);
      this.top = within(this.top + y, 0, this.bottom - LEAST);
    } else if (corner === "se") {
      this.right = within(this.right + x, this.left + LEAST, 1);
      this.bottom = within(this.bottom + y, this.top + LEAST, 1);
    } else {
      const [across, down] = [within(x, -this.left, 1 - this.right), within(y, -this.top, 1 - this.bottom)];
      [this.left, this.right] = [this.left + across, this.right + across];
      [this.top, this.bottom] = [this.top + down, this.bottom + down];
    }
    this.draw();
  }

  key(event) {
    const corner = event.target.closest(".handle")?.dataset.corner;
    const direction = KEYS[event.key];
    if (!corner || !direction) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.1 : 0.02;
    this.move(corner, direction[0] * step, direction[1] * step);
  }

  drag(event) {
    event.preventDefault();
    const corner = event.target.closest(".handle")?.dataset.corner;
    const bounds = this.element.getBoundingClientRect();
    let last = [event.clientX, event.clientY];
    if (!corner && event.target !== this.area) this.start(event, bounds);
    const moved = (to) => {
      const by = [(to.clientX - last[0]) / bounds.width, (to.clientY - last[1]) / bounds.height];
      last = [to.clientX, to.clientY];
      this.move(corner ?? (event.target === this.area ? "move" : "se"), ...by);
    };
    this.element.setPointerCapture(event.pointerId);
    this.element.addEventListener("pointermove", moved);
    const done = () => this.element.removeEventListener("pointermove", moved);
    this.element.addEventListener("pointerup", done, { once: true });
    this.element.addEventListener("pointercancel", done, { once: true });
  }

  /** Outside of the region a new one begins. */
  start(event, bounds) {
    this.left = Math.min(Math.max((event.clientX - bounds.left) / bounds.width, 0), 1 - LEAST);
    this.top = Math.min(Math.max((event.clientY - bounds.top) / bounds.height, 0), 1 - LEAST);
    [this.right, this.bottom] = [this.left + LEAST, this.top + LEAST];
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
