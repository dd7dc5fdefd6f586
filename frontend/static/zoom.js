// Looking closer: wheel, double click or + and -, and the picture follows the pointer that drags it.

const CLOSEST = 8;
const STEP = 1.3;
const AT_ONCE = 2.5;

export class Zoom {
  scale = 1;
  x = 0;
  y = 0;

  /** `stage` takes the events, `figure` is what is made larger. */
  constructor(stage, figure) {
    this.stage = stage;
    this.figure = figure;
    this.reset();
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("dblclick", (event) => {
      if (!event.target.closest("button, .cropping")) this.by(this.on ? 0 : AT_ONCE, event);
    });
    stage.addEventListener("pointerdown", (event) => this.drag(event));
  }

  get on() {
    return this.scale > 1;
  }

  reset() {
    [this.scale, this.x, this.y] = [1, 0, 0];
    this.draw();
  }

  key(key) {
    if (key === "+") this.by(STEP);
    if (key === "-") this.by(1 / STEP);
    if (key === "0") this.reset();
  }

  wheel(event) {
    if (event.target.closest(".cropping")) return;
    event.preventDefault();
    this.by(event.deltaY < 0 ? STEP : 1 / STEP, event);
  }

  /**
   * What lies under the pointer stays there; without one, the middle does.
   * @param {number} factor
   * @param {MouseEvent | null} [pointer]
   */
  by(factor, pointer = null) {
    const scale = Math.min(Math.max(this.scale * factor, 1), CLOSEST);
    const box = this.stage.getBoundingClientRect();
    const [left, top] = pointer ? [pointer.clientX - box.x - box.width / 2, pointer.clientY - box.y - box.height / 2] : [0, 0];
    this.x = left - ((left - this.x) * scale) / this.scale;
    this.y = top - ((top - this.y) * scale) / this.scale;
    this.scale = scale;
    if (scale === 1) [this.x, this.y] = [0, 0];
    this.draw();
  }

  drag(event) {
    if (!this.on || event.target.closest("button, .cropping")) return;
    let last = event;
    const moved = (to) => {
      this.x += to.clientX - last.clientX;
      this.y += to.clientY - last.clientY;
      last = to;
      this.draw();
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", moved);
    const done = () => this.stage.removeEventListener("pointermove", moved);
    this.stage.addEventListener("pointerup", done, { once: true });
    this.stage.addEventListener("pointercancel", done, { once: true });
  }

  draw() {
    this.figure.style.transform = this.on ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})` : "";
    this.stage.classList.toggle("zoomed", this.on);
  }
}
