// The catalogue: the next page comes before one gets to it, and what is deleted can be brought back.

import { at } from "./address.js";
import { ask, NoAnswer, read } from "./connection.js";
import { announce, say } from "./messages.js";

const AHEAD = "1200px";

export function watchCatalogue(body) {
  const list = body.querySelector(".pictures");
  if (!list) return;
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.delete")) remove(event, list);
  });
  list.addEventListener("click", chooseRange);
  watchEnd(list, body.querySelector(".pages"));
}

/** With Shift, all pictures from the one that was chosen before to this one. */
function chooseRange(event) {
  const box = event.target.closest("input[name=id]");
  if (!box) return;
  const boxes = [...event.currentTarget.querySelectorAll("input[name=id]")];
  const [from, to] = [boxes.indexOf(chooseRange.last), boxes.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((each) => (each.checked = box.checked));
  chooseRange.last = box;
}

function watchEnd(list, pages) {
  let loading = false;
  const observer = new IntersectionObserver(async ([end]) => {
    const next = pages.querySelector("[rel=next]");
    if (!end.isIntersecting || loading || !next) return;
    loading = true;
    pages.ariaBusy = "true";
    await append(list, pages, next).finally(() => (loading = false));
    pages.ariaBusy = null;
    observer.unobserve(pages); // look again: the end may still be in sight
    if (pages.querySelector("[rel=next]")) observer.observe(pages);
  }, { rootMargin: AHEAD });
  observer.observe(pages);
}

async function append(list, pages, next) {
  let page;
  try {
    ({ page } = await read(next.href));
  } catch {
    return announce(say("gone")); // the link stays: it can be followed by hand
  }
  const more = [...(page.querySelector(".pictures")?.children ?? [])];
  list.append(...more.map((item) => document.adoptNode(item)));
  const after = page.querySelector(".pages [rel=next]");
  if (after) next.replaceWith(document.adoptNode(after));
  else next.replaceWith(Object.assign(document.createElement("span"), { className: "hint", textContent: say("end") }));
  announce(say("more", { n: more.length }));
}

async function remove(event, list) {
  event.preventDefault();
  const id = event.target.dataset.id;
  const link = list.querySelector(`a.open[data-id="${id}"]`);
  const name = link?.querySelector("img").alt ?? id;
  event.target.closest("dialog")?.close();
  try {
    await ask(at(`/images/${id}`), "DELETE");
  } catch (error) {
    return notice(words(error));
  }
  const item = link?.closest("li");
  (item?.nextElementSibling ?? item?.previousElementSibling)?.querySelector("a.open")?.focus();
  item?.remove();
  recount();
  notice(say("deleted", { name }), say("undo"), () => restore(id, name));
}

/** How many there are now, in the server's words. */
async function recount() {
  const found = await read(location.href).catch(() => null);
  const total = found?.page.querySelector(".summary");
  if (total) document.querySelector(".summary").replaceWith(document.adoptNode(total));
}

/** A picture is brought back by a job, whose page is where the answer leads to. */
async function restore(id, name) {
  let job;
  try {
    job = (await ask(at(`/images/${id}/restore`), "POST")).url;
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

/** A message at the foot of the window, with one thing to do about it. */
function notice(said, action, act) {
  document.querySelector(".toast")?.remove();
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(Object.assign(document.createElement("p"), { textContent: said }));
  if (action) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: action });
    button.addEventListener("click", act, { once: true });
    toast.append(button);
  }
  document.querySelector("main").append(toast);
  announce(said);
}
