// Deleting pictures where they are shown, and bringing them back.

import { at } from "./address.js";
import { ask, NoAnswer, read } from "./connection.js";
import { notice, say } from "./messages.js";

/** Delete what a form in the viewer is about; the lists on the page stay as they are but for it. */
export async function remove(form) {
  const id = form.dataset.id;
  const links = [...document.querySelectorAll(`a.open[data-id="${id}"]`)];
  const name = form.closest("[data-name]")?.dataset.name ?? id;
  try {
    await ask(at(`/images/${id}`), "DELETE");
  } catch (error) {
    return notice(words(error));
  }
  const items = links.map((link) => link.closest(".rows > li")).filter(Boolean);
  const beside = items[0]?.nextElementSibling ?? items[0]?.previousElementSibling;
  for (const item of items) item.remove();
  beside?.querySelector("a.open")?.focus();
  recount();
  return undoable(say("deleted", { name }), () => restore(at(`/images/${id}/restore`), null, say("restored", { name })));
}

/** Delete many, each an id and the tile that shows it; `told` hears when they are gone. */
export async function removeMany(address, pictures, told) {
  const body = new FormData();
  for (const [id] of pictures) body.append("id", id);
  try {
    await ask(address, "POST", body);
  } catch (error) {
    return notice(words(error));
  }
  const beside = pictures.at(-1)[1].nextElementSibling ?? pictures[0][1].previousElementSibling;
  for (const [, tile] of pictures) tile.remove();
  beside?.querySelector("a.open")?.focus();
  told();
  recount();
  const n = pictures.length;
  return undoable(say("deleted-many", { n }), () => restore(at("/images/restore"), body, say("restored-many", { n })));
}

/** What was done can be undone, by the button or by its keys: it may be far to the button. */
function undoable(said, undo) {
  const button = notice(said, say("undo"), undo);
  [button.title, button.ariaKeyShortcuts] = ["Ctrl+Z", "Control+Z"];
  const key = (event) => {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    button.click();
  };
  addEventListener("keydown", key);
  new MutationObserver((_, observer) => {
    if (button.isConnected) return;
    removeEventListener("keydown", key);
    observer.disconnect();
  }).observe(document.querySelector("main"), { childList: true });
}

/** How many there are now, in the server's words. */
async function recount() {
  const summary = document.querySelector(".catalogue-page .summary");
  const total = summary && (await read(location.href).catch(() => null))?.querySelector(".summary");
  if (total) summary.replaceWith(document.adoptNode(total));
}

/** Pictures are brought back by a job, as new pictures: the page shows them when they are there. */
async function restore(address, body, said) {
  let job;
  try {
    job = (await ask(address, "POST", body)).url; // where the answer led to
  } catch (error) {
    return notice(words(error));
  }
  notice(said);
  const events = new EventSource(`${job}/events`);
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
}

function words(error) {
  return error instanceof NoAnswer ? say("gone") : error.message;
}
