// A picture in large, at an address of its own: #picture-17 behind the page's, or #photo-… for one's own.

import { at, isAt } from "./address.js";
import { fragment } from "./connection.js";
import { announce, say } from "./messages.js";
import { Zoom } from "./zoom.js";

const SWIPE = 50;
const ADDRESS = /^#(picture|photo)-(\w+)$/;
let viewer;

export function watchViewer(dialog) {
  viewer = new Viewer(dialog);
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest("a.open");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!dialog.contains(link) || link.closest(".live")) viewer.enter(link);
  });
  document.addEventListener("submit", async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("dialog :is(form.delete, form.edit)")) return;
    event.preventDefault();
    if (form.matches(".edit")) {
      viewer.save(form);
      return;
    }
    const { remove } = await import("./deleting.js");
    await viewer.leave();
    remove(form);
  });
  addEventListener("popstate", followAddress);
  if (!document.querySelector("[data-photos]")) followAddress(); // those call it when their hits are there
}

/** Show what the address says: a picture, or none. */
export function followAddress() {
  const [, kind, name] = location.hash.match(ADDRESS) ?? [];
  if (!kind) return viewer.hide();
  const known = `a.open[data-${kind === "photo" ? "photo" : "id"}="${CSS.escape(name)}"]`;
  const link = [...document.querySelectorAll(known)].at(-1) ?? (kind === "picture" ? alone(name) : null);
  return link && viewer.open(link);
}

/** A link to a picture that isn't on this page. */
function alone(id) {
  const link = Object.assign(document.createElement("a"), { href: at(`/images/${id}`), className: "open" });
  link.dataset.id = id;
  return link;
}

class Viewer {
  constructor(dialog) {
    this.dialog = dialog;
    const find = (selector) => dialog.querySelector(selector);
    this.image = find("figure img");
    this.heat = find(".heat");
    this.about = find(".about");
    this.whyButton = find(".why");
    this.cropButton = find(".tool.crop");
    this.showButton = find(".tool.show");
    this.cropper = null;
    this.slideshow = null;
    this.zoom = new Zoom(find(".stage"), find("figure"));
    this.links = [];
    this.place = 0;
    find(".close").addEventListener("click", () => this.leave());
    find(".previous").addEventListener("click", () => this.step(-1));
    find(".next").addEventListener("click", () => this.step(1));
    this.cropButton.addEventListener("click", () => this.crop(!this.cropping));
    this.showButton.addEventListener("click", () => this.slides(this.showButton.ariaPressed !== "true"));
    this.about.addEventListener("toggle", (event) => event.target.matches(".editing[open]") && this.edit(event.target), true);
    this.whyButton.addEventListener("click", () => this.why(this.whyButton.ariaPressed !== "true"));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (!this.cropping) return this.leave();
      this.crop(false); // the first Escape ends the cropping
      return this.cropButton.focus();
    });
    dialog.addEventListener("keydown", (event) => this.key(event));
    this.watchSwipes(find(".stage"));
  }

  get cropping() {
    return this.dialog.classList.contains("crops");
  }

  get link() {
    return this.links[this.place];
  }

  /** The form that its hits were asked for with, where they have no address on the server. */
  async asked() {
    const article = this.link?.closest("article[data-photos]");
    return article ? (await import("./answers.js")).asked.get(article) : null;
  }

  /** Open what a link shows, as a step that Back takes back. */
  enter(link) {
    history.pushState({ viewer: true }, "", addressOf(link));
    this.open(link);
  }

  /** Open the picture that a link shows; those of the same list are its neighbours. */
  open(link) {
    const around = link.closest("article") ?? link.closest(".found, .recent, .parts, .thumbs, .live");
    this.links = around && !link.dataset.photo ? [...around.querySelectorAll("a.open[data-id]")] : [link];
    this.show(Math.max(0, this.links.indexOf(link)));
    if (this.dialog.open) return;
    this.dialog.showModal();
    this.dialog.querySelector(".close").focus();
  }

  /** Back to the page; as the Back button does, where it led here. */
  leave() {
    if (history.state?.viewer) {
      history.back();
      return new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    }
    history.replaceState(null, "", location.pathname + location.search);
    return this.hide();
  }

  hide() {
    if (!this.dialog.open) return;
    this.crop(false);
    this.slides(false);
    this.dialog.close();
    this.link?.focus({ preventScroll: false });
  }

  show(place) {
    this.place = place;
    const { link } = this;
    const thumbnail = link.querySelector("img");
    const name = thumbnail?.alt ?? link.dataset.name ?? "";
    this.name(name);
    const words = [...link.querySelectorAll(".word, .number")].map((part) => part.textContent.trim());
    this.dialog.querySelector(".viewer-score").textContent = words.join(" · ");
    this.picture(link.dataset.file, thumbnail?.currentSrc || thumbnail?.src);
    this.crop(false);
    this.dialog.querySelector(".previous").hidden = place <= 0;
    this.dialog.querySelector(".next").hidden = place >= this.links.length - 1;
    this.tell(link);
    const count = this.links.length > 1 ? say("count", { place: place + 1, total: this.links.length }) : "";
    this.dialog.querySelector(".count").textContent = count;
    this.showButton.hidden = this.links.length < 2;
    const asks = isAt("/search") || link.closest("article[data-photos]") !== null;
    this.whyButton.hidden = !(asks && link.closest("article"));
    if (this.whyButton.ariaPressed === "true") this.why(!this.whyButton.hidden);
    announce(`${name} ${count}`);
  }

  name(name) {
    this.dialog.querySelector("#viewer-name bdi").textContent = name;
    this.image.alt = name;
  }

  /** The thumbnail at once, as large as the picture; the picture as soon as it is there. */
  picture(address, thumbnail) {
    this.heat.hidden = true;
    const words = this.dialog.querySelector(".load");
    words.textContent = "";
    this.wanted = address;
    if (thumbnail || address) this.image.src = thumbnail || address;
    if (!address) return;
    const large = new Image();
    large.onload = () => this.wanted === address && (this.image.src = address);
    large.onerror = () => this.wanted === address && (words.textContent = say("unreadable"));
    large.src = address;
    for (const step of [-1, 1]) {
      const next = this.links[this.place + step]?.dataset.file;
      if (next) new Image().src = next; // the neighbours, so that stepping shows them at once
    }
  }

  /** What is known of it, and the ways to search on from it. */
  async tell(link) {
    this.about.replaceChildren();
    if (link.dataset.photo) return;
    try {
      const panel = (await fragment(link.href)).querySelector(".panel");
      if (!panel || this.link !== link) return;
      this.about.replaceChildren(document.adoptNode(panel));
      if (link.dataset.file) return;
      link.dataset.file = panel.dataset.file;
      this.name(panel.dataset.name);
      this.picture(panel.dataset.file, panel.dataset.thumbnail);
    } catch (error) {
      this.about.textContent = error.message || say("gone");
    }
  }

  step(by) {
    const place = this.place + by;
    if (place >= 0 && place < this.links.length) this.go(place);
  }

  go(place) {
    history.replaceState(history.state, "", addressOf(this.links[place]));
    this.show(place);
  }

  /** What a slideshow shows next. */
  next() {
    this.go((this.place + 1) % this.links.length);
  }

  async slides(on) {
    if (!this.slideshow && !on) return;
    const { Slideshow } = await import("./slideshow.js");
    this.slideshow ??= new Slideshow(this, this.showButton);
    if (on) this.crop(false);
    this.slideshow.turn(on);
  }

  /** The details of the picture are open to be edited. */
  async edit(details) {
    const { prepare } = await import("./editing.js");
    prepare(details.querySelector("form"));
    details.querySelector("input").focus();
  }

  /** What was said of the picture is shown here, and in the list behind. */
  async save(form) {
    const { link } = this;
    const { save } = await import("./editing.js");
    const panel = await save(form);
    if (!panel) return;
    for (const image of document.querySelectorAll(`a.open[data-id="${link.dataset.id}"] > img`)) image.alt = panel.dataset.name;
    if (this.link !== link) return;
    this.about.replaceChildren(document.adoptNode(panel));
    this.name(panel.dataset.name);
    this.about.querySelector(".editing > summary").focus();
  }

  key(event) {
    if (event.target.closest("input, .handle") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "ArrowLeft") this.step(-1);
    if (event.key === "ArrowRight") this.step(1);
    if (event.key === "c") this.crop(!this.cropping);
    if (event.key === "w" && !this.whyButton.hidden) this.why(this.whyButton.ariaPressed !== "true");
    if (event.key === "s" && this.links.length > 1) this.slides(this.showButton.ariaPressed !== "true");
    if (event.key === "e") this.about.querySelector(".editing")?.setAttribute("open", "");
    const keys = this.dialog.querySelector(".keyboard");
    if (event.key === "?") keys.open = !keys.open;
    this.zoom.key(event.key);
  }

  async crop(on) {
    if (on) this.slides(false);
    this.cropButton.ariaPressed = String(on);
    this.zoom.reset();
    if (on && !this.cropper) {
      const { Cropping } = await import("./cropping.js");
      this.cropper ??= new Cropping(this);
    }
    this.cropper?.turn(this.cropButton.ariaPressed === "true");
  }

  /** Where the picture fits the question; stays on for the pictures that follow, until it is switched off. */
  async why(on) {
    this.whyButton.ariaPressed = String(on);
    this.heat.hidden = true;
    const words = this.dialog.querySelector(".load");
    words.textContent = on ? say("looking") : "";
    if (!on) return;
    const { link } = this;
    const { drawHeat } = await import("./heat.js");
    const found = await drawHeat(this.heat, this.image, link.dataset.id, await this.asked());
    if (this.link === link && this.whyButton.ariaPressed === "true") words.textContent = found;
    else this.heat.hidden = true; // another picture is shown by now
  }

  watchSwipes(stage) {
    /** @type {number[] | null} */
    let start = null;
    stage.addEventListener("pointerdown", (event) => {
      start = this.cropping || this.zoom.on || event.target.closest("button") ? null : [event.clientX, event.clientY];
    });
    stage.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [across, down] = [event.clientX - start[0], event.clientY - start[1]];
      if (Math.abs(across) > SWIPE && Math.abs(across) > 2 * Math.abs(down)) this.step(across < 0 ? 1 : -1);
      start = null;
    });
  }
}

function addressOf(link) {
  const { photo, id } = link.dataset;
  return photo ? `#photo-${photo}` : `#picture-${id}`;
}
