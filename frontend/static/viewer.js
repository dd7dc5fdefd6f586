// A result in large: keys, swipes, what is known of it, and the ways to search on from it.

import { at, isAt } from "./address.js";
import { read } from "./connection.js";
import { Region } from "./region.js";
import { announce, say } from "./messages.js";

const SWIPE = 50;

export function watchViewer(dialog) {
  const viewer = new Viewer(dialog);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.open");
    if (!link || dialog.contains(link) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    viewer.open(link);
  });
  document.addEventListener("cropmine", ({ detail, target }) => viewer.openMine(detail, target));
}

class Viewer {
  constructor(dialog) {
    this.dialog = dialog;
    const find = (selector) => dialog.querySelector(selector);
    [this.image, this.heat, this.about] = [find("figure img"), find(".heat"), find(".about")];
    [this.whyButton, this.cropButton] = [find(".why"), find(".tool.crop")];
    this.region = new Region(find(".cropping"), this.image);
    this.links = [];
    this.place = 0;
    find(".close").addEventListener("click", () => dialog.close());
    find(".previous").addEventListener("click", () => this.step(-1));
    find(".next").addEventListener("click", () => this.step(1));
    find(".crop-off").addEventListener("click", () => this.crop(false));
    find(".crop-go").addEventListener("click", () => this.searchPart());
    this.cropButton.addEventListener("click", () => this.crop(!this.cropping));
    this.whyButton.addEventListener("click", () => this.why());
    dialog.addEventListener("close", () => this.closed());
    dialog.addEventListener("cancel", (event) => {
      if (!this.cropping || this.mine) return;
      event.preventDefault(); // the first Escape ends the cropping
      this.crop(false);
      this.cropButton.focus();
    });
    dialog.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    this.watchSwipes(find(".stage"));
  }

  get cropping() {
    return !this.region.element.hidden;
  }

  /** Open the picture that a link shows; those of the same list are its neighbours. */
  open(link) {
    this.mine = null;
    this.links = [...link.closest("ol, ul, body").querySelectorAll("a.open")];
    this.show(this.links.indexOf(link));
    this.dialog.showModal();
    this.dialog.querySelector(".close").focus();
  }

  /** Open an uploaded picture, to crop it. */
  openMine(mine, opener) {
    this.mine = { ...mine, opener };
    this.links = [];
    this.name(mine.file.name, "");
    this.picture(mine.src, "");
    this.about.replaceChildren();
    this.steps();
    this.dialog.showModal();
    this.crop(true);
  }

  show(place) {
    this.place = place;
    const link = this.links[place];
    const thumbnail = link.querySelector("img");
    const words = [...link.querySelectorAll(".word, .number")].map((part) => part.textContent.trim());
    this.name(thumbnail.alt, words.join(" · "));
    this.picture(link.dataset.file, thumbnail.currentSrc || thumbnail.src);
    this.crop(false);
    this.steps();
    this.tell(link);
    const count = this.links.length > 1 ? say("count", { place: place + 1, total: this.links.length }) : "";
    this.dialog.querySelector(".count").textContent = count;
    announce(`${thumbnail.alt} ${count}`);
  }

  name(name, score) {
    this.dialog.querySelector("#viewer-name bdi").textContent = name;
    this.dialog.querySelector(".viewer-score").textContent = score;
    this.image.alt = name;
  }

  /** The thumbnail at once, as large as the picture; the picture as soon as it is there. */
  picture(address, thumbnail) {
    this.heat.hidden = true;
    this.whyButton.ariaPressed = "false";
    this.whyButton.hidden = !(this.links.length > 0 && (isAt("/search") || this.asked));
    const words = this.dialog.querySelector(".load");
    words.textContent = "";
    this.image.src = thumbnail || address;
    const large = new Image();
    large.onload = () => this.wanted === address && (this.image.src = address);
    large.onerror = () => this.wanted === address && (words.textContent = say("unreadable"));
    this.wanted = address;
    large.src = address;
    for (const step of [-1, 1]) {
      const next = this.links[this.place + step]?.dataset.file;
      if (next) new Image().src = next; // the neighbours, so that stepping shows them at once
    }
  }

  async tell(link) {
    this.about.replaceChildren();
    try {
      const { page } = await read(link.href);
      const panel = page.querySelector(".panel");
      if (panel && this.links[this.place] === link) this.about.replaceChildren(document.adoptNode(panel));
    } catch {
      this.about.textContent = say("gone");
    }
  }

  step(by) {
    const place = this.place + by;
    if (place >= 0 && place < this.links.length) this.show(place);
  }

  steps() {
    this.dialog.querySelector(".previous").hidden = this.place <= 0 || this.links.length === 0;
    this.dialog.querySelector(".next").hidden = this.place >= this.links.length - 1;
  }

  key(event) {
    if (event.target.closest("input, .handle") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.step(-1);
    if (event.key === "ArrowRight") this.step(1);
  }

  crop(on) {
    this.cropButton.ariaPressed = String(on);
    this.dialog.querySelector(".crop-bar").hidden = !on;
    this.region.show(on, this.dialog.querySelector(".crop-size"));
    if (!on && this.mine) this.dialog.close();
  }

  searchPart() {
    const box = this.region.toString();
    if (!this.mine) {
      const link = this.links[this.place];
      const asked = new URLSearchParams({ id: link.dataset.id, box, ...model(link) });
      return location.assign(at(`/search?${asked}`));
    }
    const { article, file } = this.mine;
    this.dialog.close();
    document.dispatchEvent(new CustomEvent("searchpart", { detail: { article, file, box } }));
  }

  async why() {
    const on = this.whyButton.ariaPressed !== "true";
    this.whyButton.ariaPressed = String(on);
    this.heat.hidden = true;
    this.dialog.querySelector(".load").textContent = "";
    if (!on) return;
    const words = this.dialog.querySelector(".load");
    const link = this.links[this.place];
    words.textContent = say("looking");
    const { drawHeat } = await import("./heat.js");
    const found = await drawHeat(this.heat, this.image, link.dataset.id, this.asked);
    if (this.links[this.place] === link && this.whyButton.ariaPressed === "true") words.textContent = found;
    else this.heat.hidden = true; // another picture is shown by now
  }

  /** The question with one's own pictures, for results that have no address. */
  get asked() {
    return this.links[this.place]?.closest("article")?.asked ?? null;
  }

  closed() {
    const opener = this.mine?.opener ?? this.links[this.place];
    this.mine = null;
    this.crop(false);
    opener?.focus();
  }

  watchSwipes(stage) {
    let start = null;
    stage.addEventListener("pointerdown", (event) => {
      start = this.cropping || event.target.closest("button") ? null : [event.clientX, event.clientY];
    });
    stage.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [across, down] = [event.clientX - start[0], event.clientY - start[1]];
      if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) this.step(across < 0 ? 1 : -1);
      start = null;
    });
  }
}

/** The encoder that was chosen for the search, if one was: the next question is asked of it too. */
function model(link) {
  const chosen = new URL(link.href).searchParams.get("model");
  return chosen ? { model: chosen } : {};
}
