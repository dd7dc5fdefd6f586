// Labels, folders and cameras are completed while they are typed.

import { at } from "./address.js";

const REST_MS = 120;

export function watchSuggestions(body) {
  for (const input of body.querySelectorAll("[data-suggest]")) {
    const list = document.createElement("datalist");
    list.id = `suggest-${input.dataset.suggest}-${input.name}`;
    input.after(list);
    input.setAttribute("list", list.id);
    let waiting;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => suggest(input, list), REST_MS);
    });
  }
}

/** Of a list with commas, the last one is being typed. */
async function suggest(input, list) {
  const before = input.hasAttribute("data-several") ? input.value.slice(0, input.value.lastIndexOf(",") + 1) : "";
  const prefix = input.value.slice(before.length).trim();
  if (!prefix) return list.replaceChildren();
  const asked = new URLSearchParams({ kind: input.dataset.suggest, prefix });
  const answer = await fetch(at(`/suggestions?${asked}`), { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return; // typing goes on without them
  const { suggestions } = await answer.json();
  const start = before && `${before} `;
  list.replaceChildren(...suggestions.map((value) => Object.assign(document.createElement("option"), { value: start + value })));
}
