// The service worker: without a connection it shows a page that says so, and it takes photos that other apps share.
// It keeps the page's own files of one version. Answers and pictures never pass through its cache.

import { at } from "./address.js";
import { forgetOld, keep } from "./photos.js";

const OURS = `image-search ${at("/")} `; // another path of this host may have caches of its own
const MOST_SHARED = 32;

/**
 * @param {string} version of the static files, whose `names` are kept
 * @param {string[]} names
 * @param {string} offline the address of the page that is shown without a connection
 */
export function serve(version, names, offline) {
  const cacheName = `${OURS}${version} ${offline}`;
  const folder = at(`/static/${version}/`);

  self.addEventListener("install", (event) => event.waitUntil(fill(cacheName, [...names.map((name) => folder + name), at(offline)])));
  self.addEventListener("activate", (event) => event.waitUntil(Promise.all([
    forgetOthers(cacheName),
    self.registration.navigationPreload?.enable(), // the page is asked for while this starts
  ])));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== location.origin) return;
    if (request.mode === "navigate") {
      if (isShared(request, url)) event.respondWith(shared(request));
      else if (request.method === "GET") event.respondWith(page(event, cacheName, offline));
      event.waitUntil(forgetOld().catch(() => null)); // photos of the day before
    } else if (url.pathname.startsWith(folder)) {
      event.respondWith(kept(cacheName, request).then((answer) => answer ?? fetch(request)));
    }
  });
}

async function fill(cacheName, addresses) {
  await (await caches.open(cacheName)).addAll(addresses);
  await self.skipWaiting(); // nothing of a version before is needed any more
}

async function forgetOthers(cacheName) {
  const names = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== cacheName);
  await Promise.all(names.map((name) => caches.delete(name)));
}

function kept(cacheName, what) {
  return caches.match(what, { cacheName, ignoreVary: true });
}

/** The page as the server has it; without an answer, the one that says so. */
async function page(event, cacheName, offline) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch (error) {
    const shown = await kept(cacheName, at(offline));
    if (shown) return shown;
    throw error;
  }
}

/** What another app shares comes from nowhere; what a foreign page sends is left to the server, which refuses it. */
function isShared(request, url) {
  const from = request.referrer;
  return request.method === "POST" && url.pathname === at("/share") && (!from || new URL(from).origin === location.origin);
}

/** Search with what is shared: photos are kept in this browser for a day, like those that are chosen. */
async function shared(request) {
  const again = request.clone();
  const form = await request.formData();
  const files = form.getAll("files").filter((file) => file instanceof File && file.size > 0).slice(0, MOST_SHARED);
  if (files.length === 0) return Response.redirect(wordsOrLink(form), 303);
  try {
    const keys = await keep(files);
    return Response.redirect(`${at("/")}?${new URLSearchParams(keys.map((key) => ["photo", key]))}`, 303);
  } catch {
    return fetch(again); // nowhere to keep them: the server answers once
  }
}

/** A link may come as text: that is how some apps share it. */
function wordsOrLink(form) {
  const said = ["url", "text", "title"].map((name) => String(form.get(name) ?? "").trim()).find(Boolean) ?? "";
  const link = said.match(/https?:\/\/\S+/)?.[0];
  return said ? `${at("/search")}?${new URLSearchParams(link ? { url: link } : { text: said })}` : at("/");
}
