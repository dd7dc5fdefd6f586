// Choosing many pictures: by click, with Shift, by keyboard or by dragging; and what is done with all of them.

import { NoAnswer, ask } from "./connection.js";
import { removeMany } from "./deleting.js";
import { announce, notice, say } from "./messages.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

export function watchSelection(form) {
  const selection = new Selection(form);
  form.addEventListener("click", (event) => selection.click(event), { capture: true });
  form.addEventListener("submit", (event) => selection.submit(event));
  addEventListener("keydown", (event) => {
    if (!document.querySelector("dialog[open]")) selection.key(event);
  });
  const start = document.querySelector(".choose-some");
  start.addEventListener("click", () => selection.begin(start.ariaPressed !== "true"));
  form.querySelector(".clear").addEventListener("click", () => selection.clear());
  const drag = async () => (await import("./dragging.js")).watchDragging(selection);
  // Where fingers are, the browser has to know at the first touch that scrolling may be held up.
  if (matchMedia("(any-pointer: coarse)").matches) drag();
  else form.addEventListener("pointerover", drag, { once: true });
  selection.tell();
}

export class Selection {
  /** The tile from which the next range is counted. */
  last = null;

  constructor(form) {
    this.form = form;
  }

  get choosing() {
    return this.chosen.length > 0 || this.form.classList.contains("choosing");
  }

  get tiles() {
    return [...this.form.querySelectorAll(".rows > li")];
  }

  get chosen() {
    return this.tiles.filter((tile) => boxOf(tile).checked);
  }

  /** Exactly these are chosen from now on. */
  choose(tiles) {
    const wanted = new Set(tiles);
    for (const tile of this.tiles) boxOf(tile).checked = wanted.has(tile);
    this.tell();
  }

  toggle(tile) {
    boxOf(tile).checked = !boxOf(tile).checked;
    this.last = tile;
    this.tell();
  }

  /** While choosing, every picture shows its mark, and a tap on it chooses it. */
  begin(on) {
    document.querySelector(".choose-some").ariaPressed = String(on);
    this.form.classList.toggle("choosing", on);
    if (on) linkOf(this.tiles[0])?.focus({ preventScroll: true });
    else this.choose([]);
  }

  /** The tiles from one to another, whichever comes first. */
  between(from, to) {
    const tiles = this.tiles;
    const [start, end] = [tiles.indexOf(from), tiles.indexOf(to)].sort((a, b) => a - b);
    return start < 0 ? [to] : tiles.slice(start, end + 1);
  }

  /** All from the last one that was chosen to this one, too. */
  extend(tile, on = true) {
    for (const each of this.between(this.last, tile)) boxOf(each).checked = on;
    this.last ??= tile;
    this.tell();
  }

  clear() {
    const { activeElement } = document;
    this.begin(false);
    if (activeElement?.closest(".chosen-bar")) linkOf(this.last ?? this.tiles[0])?.focus();
  }

  tell() {
    const { length } = this.chosen;
    const count = this.form.querySelector(".chosen-count");
    const said = say("chosen", { n: length });
    if (length > 0 && said !== count.textContent) announce(said);
    count.textContent = said;
  }

  click(event) {
    const tile = event.target.closest(".rows > li");
    if (!tile || event.ctrlKey || event.metaKey) return;
    if (event.target === boxOf(tile)) {
      if (event.shiftKey) return this.extend(tile, event.target.checked);
      this.last = tile;
      return this.tell();
    }
    // Once some are chosen, a click on a picture chooses it; Enter (no pointer, no detail) still opens it.
    if (event.detail === 0 || !event.target.closest("a.open") || !(event.shiftKey || this.choosing)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) this.extend(tile);
    else this.toggle(tile);
  }

  key(event) {
    if (event.key !== "Escape" && event.target.matches("input:not([type=checkbox]), select, textarea")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "a") {
      event.preventDefault();
      this.choose(this.tiles);
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const tile = event.target.closest(".selection .rows > li");
    if (tile) this.walk(event, tile);
    if (this.choosing) this.act(event);
  }

  /** Arrows lead from picture to picture; with Shift they choose on their way. */
  walk(event, tile) {
    if (event.key === " " && event.target.matches("a.open")) {
      event.preventDefault();
      this.toggle(tile);
    }
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    const next = beside(this.tiles, tile, event.key);
    if (!next) return;
    linkOf(next).focus();
    if (!event.shiftKey) return;
    if (!boxOf(tile).checked) this.last = tile;
    this.extend(next);
  }

  act(event) {
    if (event.key === "Escape" && !this.form.querySelector(".chosen-bar details[open]")) return this.clear();
    if (this.chosen.length === 0) return;
    if (event.key === "Delete") this.form.requestSubmit(this.form.querySelector("[formaction$='/delete']"));
    if (event.key === "l") {
      event.preventDefault();
      this.form.querySelector(".chosen-labels").open = true;
      this.form.elements.labels.focus();
    }
  }

  /** Deleting and labelling leave the page as it is; the others lead to a file or to another page. */
  submit(event) {
    const { submitter } = event;
    const address = submitter.getAttribute("formaction") ?? this.form.getAttribute("action");
    if (address.endsWith("/delete")) {
      event.preventDefault();
      removeMany(address, this.chosen.map((tile) => [linkOf(tile).dataset.id, tile]), () => this.begin(false));
    }
    if (submitter.name === "do") {
      event.preventDefault();
      this.label(address, submitter);
    }
  }

  async label(address, submitter) {
    const { labels } = this.form.elements;
    if (submitter.value !== "favourite" && !labels.value.trim()) {
      labels.focus();
      return announce(say("no-labels"));
    }
    const { length } = this.chosen;
    try {
      await ask(address, "POST", new FormData(this.form, submitter));
    } catch (error) {
      return notice(error instanceof NoAnswer ? say("gone") : error.message);
    }
    labels.value = "";
    this.form.querySelector(".chosen-labels").open = false;
    this.clear();
    return notice(say("labelled", { n: length }));
  }
}

const boxOf = (tile) => tile.querySelector("input[name=id]");
const linkOf = (tile) => tile?.querySelector("a.open");

/** The tile in the direction of an arrow key: of the row above or below, the one that is nearest. */
function beside(tiles, tile, key) {
  const place = tiles.indexOf(tile);
  if (key in STEPS) return tiles[place + STEPS[key]];
  const along = key === "ArrowDown" ? tiles.slice(place + 1) : tiles.slice(0, place).reverse();
  const middle = (each) => each.getBoundingClientRect().x + each.getBoundingClientRect().width / 2;
  const height = (each) => each.getBoundingClientRect().y;
  const first = along.find((each) => height(each) !== height(tile));
  const row = along.filter((each) => first && height(each) === height(first));
  return row.sort((a, b) => Math.abs(middle(a) - middle(tile)) - Math.abs(middle(b) - middle(tile)))[0];
}
