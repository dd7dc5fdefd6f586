// The pictures that were chosen, dropped, pasted or taken, with their previews.

import { announce, say } from "./messages.js";

export class Chosen {
  /** `list` shows previews; `fallback` gets the focus when nothing is left. */
  constructor(list, fallback) {
    this.list = list;
    this.fallback = fallback;
    this.files = [];
  }

  add(files) {
    const known = new Set(this.files.map(identity));
    this.files.push(...files.filter((file) => !known.has(identity(file))));
    this.show();
    if (files.length > 0) announce(say("chosen", { n: this.files.length }));
  }

  remove(position) {
    const [gone] = this.files.splice(position, 1);
    this.show();
    announce(say("removed", { name: gone.name }));
    (this.list.querySelectorAll("button")[Math.min(position, this.files.length - 1)] ?? this.fallback).focus();
  }

  show() {
    for (const image of this.list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.list.replaceChildren(...this.files.map((file, position) => this.chip(file, position)));
    this.list.hidden = this.files.length === 0;
  }

  chip(file, position) {
    const image = new Image();
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    image.addEventListener("error", () => image.replaceWith(file.name));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.ariaLabel = say("remove", { name: file.name });
    remove.title = remove.ariaLabel;
    remove.addEventListener("click", () => this.remove(position));
    const item = document.createElement("li");
    item.append(image, remove);
    return item;
  }
}

/** What was dropped or pasted; files of other kinds come too, so that each can be told why it isn't found. */
export function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

function identity(file) {
  return [file.name, file.size, file.lastModified].join("/");
}
