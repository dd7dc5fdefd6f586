// While the first index goes on: how far it is, until all pictures can be found.

import { at } from "./address.js";
import { say } from "./messages.js";

const LOOK_MS = 2000;

export function watchIndexing(note) {
  const words = note.querySelector("span");
  const look = async () => {
    const status = await fetch(at("/"), { headers: { Accept: "application/json" } })
      .then((response) => response.json())
      .catch(() => null); // the banner says that there is no connection
    if (status && !status.indexing) {
      words.textContent = say("indexed");
      return;
    }
    if (status?.indexing.total) words.textContent = say("indexing", status.indexing);
    setTimeout(look, LOOK_MS);
  };
  setTimeout(look, LOOK_MS);
}
