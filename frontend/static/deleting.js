// Deleting a picture where it is shown, and bringing it back.

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
  return notice(say("deleted", { name }), say("undo"), () => restore(id, name));
}

/** How many there are now, in the server's words. */
async function recount() {
  const summary = document.querySelector(".catalogue-page .summary");
  const total = summary && (await read(location.href).catch(() => null))?.querySelector(".summary");
  if (total) summary.replaceWith(document.adoptNode(total));
}

/** A picture is brought back by a job, as a new picture: the page shows it when it is there. */
async function restore(id, name) {
  let job;
  try {
    job = (await ask(at(`/images/${id}/restore`), "POST")).url; // where the answer led to
  } catch (error) {
    return notice(words(error));
  }
  notice(say("restored", { name }));
  const events = new EventSource(`${job}/events`);
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
}

function words(error) {
  return error instanceof NoAnswer ? say("gone") : error.message;
}
