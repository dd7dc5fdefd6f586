// A slideshow: the next picture after some seconds, after the last one the first, until somebody stops it.

const SHOWN_MS = 5000;

export class Slideshow {
  /**
   * @param {{ image: HTMLImageElement, dialog: HTMLElement, next: () => void }} viewer
   * @param {HTMLElement} button
   */
  constructor(viewer, button) {
    this.viewer = viewer;
    this.button = button;
    this.waiting = 0;
    viewer.image.addEventListener("load", () => this.wait()); // a picture is shown for as long, however slowly it came
    document.addEventListener("visibilitychange", () => this.wait());
  }

  get on() {
    return this.button.ariaPressed === "true";
  }

  turn(on) {
    this.button.ariaPressed = String(on);
    this.viewer.dialog.classList.toggle("shows", on);
    this.wait();
  }

  /** Nobody looks at a hidden page: there, it stays where it is. */
  wait() {
    clearTimeout(this.waiting);
    if (this.on && !document.hidden) this.waiting = setTimeout(() => this.viewer.next(), SHOWN_MS);
  }
}
