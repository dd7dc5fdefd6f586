// The timeline's scrubber: every month has its part of the window's height, and dragging leads to any of them.

import { fragment } from "./connection.js";
import { watchEnd } from "./endless.js";
import { announce, say } from "./messages.js";

const EVENLY = 0.25; // so much of the height is shared out evenly: a month with one picture can be hit, too
const APART = 0.045; // years whose marks would be nearer than this have one mark
const REST_MS = 300;
const KEYS = { ArrowUp: -1, ArrowDown: 1, PageUp: -12, PageDown: 12, Home: -Infinity, End: Infinity };

export function watchTimeline(list) {
  const links = [...list.querySelectorAll("a")];
  if (links.length < 2) return; // there is nowhere else to go
  new Scrubber(links.map((link) => ({
    link,
    name: link.textContent,
    month: link.dataset.month,
    count: Number(link.dataset.count),
  })));
}

class Scrubber {
  constructor(months) {
    this.months = months;
    const all = months.reduce((sum, { count }) => sum + count, 0);
    let start = 0;
    for (const month of months) {
      month.start = start;
      start += ((1 - EVENLY) * month.count) / all + EVENLY / months.length;
    }
    this.build();
    this.follow();
    addEventListener("scroll", () => this.dragged || requestAnimationFrame(() => this.follow()), { passive: true });
  }

  build() {
    const make = (name, className, rest = {}) => Object.assign(document.createElement(name), { className, ...rest });
    this.track = make("div", "scrubber");
    this.handle = make("button", "grip", { type: "button", role: "slider", ariaLabel: say("timeline") });
    this.handle.ariaOrientation = "vertical";
    [this.handle.ariaValueMin, this.handle.ariaValueMax] = ["0", String(this.months.length - 1)];
    this.bubble = make("span", "bubble");
    this.handle.append(this.bubble);
    this.track.append(...this.years(make), this.handle);
    document.querySelector("form.selection").before(this.track);
    this.track.addEventListener("pointerdown", (event) => this.drag(event));
    this.track.addEventListener("pointermove", (event) => this.dragged || this.hint(event));
    this.track.addEventListener("pointerleave", () => this.dragged || this.follow());
    this.handle.addEventListener("keydown", (event) => this.key(event));
  }

  /** One mark for each year, as far as there is room. */
  years(make) {
    let last = -1;
    const marks = [];
    for (const { month, start } of this.months) {
      const year = month.slice(0, 4);
      if (marks.at(-1)?.textContent === year || start - last < APART) continue;
      last = start;
      const mark = make("span", "year", { textContent: year, ariaHidden: "true" });
      mark.style.top = `${start * 100}%`;
      marks.push(mark);
    }
    return marks;
  }

  drag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.handle.focus({ preventScroll: true });
    this.dragged = true;
    this.track.classList.add("dragged");
    this.track.setPointerCapture(event.pointerId);
    const move = (to) => this.hint(to);
    this.track.addEventListener("pointermove", move);
    const done = (to) => {
      this.track.removeEventListener("pointermove", move);
      this.track.classList.remove("dragged");
      if (this.dragged && to.type === "pointerup") this.jump();
      this.dragged = false;
    };
    for (const end of ["pointerup", "pointercancel"]) this.track.addEventListener(end, done, { once: true });
    this.hint(event);
  }

  /** The month under the pointer is said beside it. */
  hint(event) {
    const box = this.track.getBoundingClientRect();
    const part = Math.min(Math.max((event.clientY - box.y) / box.height, 0), 1);
    const place = this.months.findLastIndex(({ start }) => start <= part);
    if (this.dragged) this.show(place, part);
    else this.bubble.textContent = this.months[place].name;
  }

  show(place, part = this.months[place].start) {
    this.place = place;
    const { name } = this.months[place];
    this.handle.style.top = `${part * 100}%`;
    this.handle.ariaValueNow = String(place);
    this.handle.ariaValueText = name;
    this.bubble.textContent = name;
  }

  key(event) {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    this.show(Math.min(Math.max(this.place + KEYS[event.key], 0), this.months.length - 1));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.jump(), REST_MS);
  }

  /** Where the page is scrolled to is where the handle is. */
  follow() {
    const groups = [...document.querySelectorAll(".group[data-group]")];
    const at = groups.findLast((group) => group.getBoundingClientRect().y < innerHeight / 3) ?? groups[0];
    const place = this.months.findIndex(({ month }) => month === at?.dataset.group);
    if (place < 0) return;
    const box = at.getBoundingClientRect();
    const passed = Math.min(Math.max((innerHeight / 3 - box.y) / box.height, 0), 1);
    const loaded = Math.min(1, at.querySelectorAll(".rows > li").length / this.months[place].count);
    const height = (this.months[place + 1]?.start ?? 1) - this.months[place].start;
    const top = place === 0 && scrollY === 0 ? 0 : this.months[place].start + height * passed * loaded;
    this.show(place, top);
  }

  /** The pictures from the month on, in place of those that are there; the address leads there, too. */
  async jump() {
    const { link, name } = this.months[this.place];
    const wanted = (this.wanted = link.href);
    const found = document.querySelector(".selection .found");
    found.ariaBusy = "true";
    try {
      const next = (await fragment(wanted)).querySelector(".found");
      if (this.wanted !== wanted) return;
      document.querySelector(".selection .found").replaceWith(document.adoptNode(next));
      history.replaceState(history.state, "", wanted);
      scrollTo({ top: 0, behavior: "instant" });
      watchEnd(next.querySelector(".pages"));
      announce(name);
    } catch (error) {
      found.ariaBusy = null;
      announce(error.message || say("gone"));
    }
  }
}
