// Choosing pictures by dragging: a band drawn with the mouse, or a long press and what the finger passes then.

const STARTS = 6; // pixels that a mouse moves before it draws, a finger before it scrolls
const PRESS_MS = 400;
const EDGE = 70; // pixels from the window's edges where the page scrolls along
const OTHERS = "button, input, select, textarea, summary, label, a:not(.open), .chosen-bar, .scrubber, .toast";

export function watchDragging(selection) {
  const band = new Band(selection);
  const press = new Press(selection);
  const { form } = selection;
  document.querySelector("main").addEventListener("pointerdown", (event) => band.begin(event));
  form.addEventListener("dragstart", (event) => event.preventDefault());
  form.addEventListener("touchstart", (event) => press.begin(event), { passive: true });
  form.addEventListener("touchmove", (event) => press.move(event), { passive: false });
  form.addEventListener("touchend", (event) => press.end(event));
  form.addEventListener("touchcancel", () => press.end());
  form.addEventListener("contextmenu", (event) => press.touched && event.preventDefault());
  form.dataset.drags = "";
}

/** What is inside the rectangle between where the mouse was pressed and where it is. */
class Band {
  /** Where the mouse was pressed, on the page, and where it is, in the window. */
  from = [0, 0];
  pointer = [0, 0];

  constructor(selection) {
    this.selection = selection;
    this.element = Object.assign(document.createElement("div"), { className: "band", hidden: true });
    document.body.append(this.element);
  }

  begin(event) {
    if (event.pointerType !== "mouse" || event.button !== 0 || event.target.closest(OTHERS)) return;
    this.from = [event.pageX, event.pageY];
    this.before = event.ctrlKey || event.shiftKey ? this.selection.chosen : [];
    const move = (to) => this.move(to);
    addEventListener("pointermove", move);
    const done = () => {
      removeEventListener("pointermove", move);
      this.end();
    };
    addEventListener("pointerup", done, { once: true });
    addEventListener("pointercancel", done, { once: true });
  }

  move(event) {
    this.pointer = [event.clientX, event.clientY];
    const far = Math.hypot(event.pageX - this.from[0], event.pageY - this.from[1]) >= STARTS;
    if (!this.element.hidden || !far) return;
    getSelection()?.removeAllRanges();
    document.body.classList.add("dragging");
    this.element.hidden = false;
    this.draw();
  }

  draw() {
    if (this.element.hidden) return;
    scrollAlong(this.pointer[1]);
    const to = [this.pointer[0] + scrollX, this.pointer[1] + scrollY];
    const [left, right] = [this.from[0], to[0]].sort((a, b) => a - b);
    const [top, bottom] = [this.from[1], to[1]].sort((a, b) => a - b);
    Object.assign(this.element.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${right - left}px`,
      height: `${bottom - top}px`,
    });
    const inside = this.selection.tiles.filter((tile) => {
      const box = tile.getBoundingClientRect();
      const [x, y] = [box.x + scrollX, box.y + scrollY];
      return x < right && x + box.width > left && y < bottom && y + box.height > top;
    });
    this.selection.choose([...this.before, ...inside]);
    if (inside.length > 0) this.selection.last = inside[0];
    requestAnimationFrame(() => this.draw());
  }

  end() {
    if (this.element.hidden) return;
    this.element.hidden = true;
    document.body.classList.remove("dragging");
    swallowClick();
  }
}

/** A finger that rests on a picture chooses it; without being lifted, it chooses all up to where it is moved. */
class Press {
  from = [0, 0];
  pointer = [0, 0];

  constructor(selection) {
    this.selection = selection;
    this.first = null;
  }

  /** Whether the last thing that pressed here was a finger: then no menu opens over the pictures. */
  touched = false;

  begin(event) {
    this.stop();
    const tile = event.target.closest(".rows > li");
    if (!tile || event.touches.length > 1 || event.target.closest(OTHERS)) return;
    this.touched = true;
    this.from = [event.touches[0].clientX, event.touches[0].clientY];
    this.timer = setTimeout(() => this.take(tile), PRESS_MS);
  }

  take(tile) {
    this.first = tile;
    this.before = this.selection.chosen;
    this.pointer = this.from;
    navigator.vibrate?.(10);
    this.draw();
  }

  move(event) {
    const { clientX, clientY } = event.touches[0];
    if (this.first) {
      event.preventDefault();
      this.pointer = [clientX, clientY];
    } else if (Math.hypot(clientX - this.from[0], clientY - this.from[1]) > STARTS) {
      this.stop(); // it scrolls
    }
  }

  draw() {
    if (!this.first) return;
    scrollAlong(this.pointer[1]);
    const under = document.elementFromPoint(this.pointer[0], this.pointer[1])?.closest(".selection .rows > li") ?? this.first;
    if (under !== this.under) {
      this.under = under;
      this.selection.choose([...this.before, ...this.selection.between(this.first, under)]);
      this.selection.last = under;
    }
    requestAnimationFrame(() => this.draw());
  }

  end(event) {
    if (this.first && event?.cancelable) event.preventDefault(); // no click follows
    this.stop();
  }

  stop() {
    clearTimeout(this.timer);
    [this.first, this.under] = [null, null];
  }
}

/** The nearer to the edge, the faster. */
function scrollAlong(y) {
  const up = Math.min(0, y - EDGE);
  const down = Math.max(0, y - (innerHeight - EDGE));
  if (up || down) scrollBy({ top: (up + down) / 3, behavior: "instant" });
}

/** The end of a drag is no click on what lies under it. */
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  addEventListener("click", swallow, { capture: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
}
