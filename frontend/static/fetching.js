// A picture of another web page, by its link: the server gets it for this page, and doesn't keep it.

import { at } from "./address.js";
import { ask, NoAnswer } from "./connection.js";

/**
 * The picture at a link; null where it is in the catalogue, which can be searched with it by its address.
 * @param {string} link
 * @returns {Promise<File | null>}
 */
export async function linked(link) {
  const asked = new URLSearchParams({ url: link, k: "1" });
  const known = await fetch(at(`/search?${asked}`), { headers: { Accept: "application/json" } }).catch(() => {
    throw new NoAnswer();
  });
  if (known.ok) return null;
  const body = new FormData();
  body.append("url", link);
  const picture = await (await ask(at("/linked-picture"), "POST", body)).blob();
  return new File([picture], nameOf(new URL(link)), { type: picture.type });
}

function nameOf(link) {
  const last = link.pathname.split("/").at(-1);
  try {
    return decodeURIComponent(last) || link.host;
  } catch {
    return last; // a stray % is no escape
  }
}
