// Requests that report their progress, and what is there without a connection.

import { at } from "./address.js";

/** Thrown when no answer came at all. */
export class NoAnswer extends Error {}

/** Our own scripts ask for what is new alone, not for the whole page around it; its headings are of this level. */
const wanted = (level) => ({ Accept: "text/html", Fragment: String(level) });

export function watchConnection() {
  const banner = document.querySelector(".offline");
  const show = () => (banner.hidden = navigator.onLine);
  addEventListener("online", show);
  addEventListener("offline", show);
  show();
}

/** Have the service worker keep the page's own files, once nothing else is to be done. */
export function keepShell() {
  const worker = at(`/service-worker.js?language=${document.documentElement.lang}`);
  const register = () => navigator.serviceWorker.register(worker, { type: "module" }).catch(() => null); // works without
  const idle = () => (window.requestIdleCallback ?? setTimeout)(register);
  if (!("serviceWorker" in navigator)) return; // over plain http there is none
  if (document.readyState === "complete") idle();
  else addEventListener("load", idle, { once: true });
}

/** Resolves as soon as there is a connection; at once where there is one. */
export function online() {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resolve) => addEventListener("online", resolve, { once: true }));
}

/**
 * POST a form; `onProgress` gets the part that is sent, 0 to 1. Gives the answer, whatever its status.
 * @param {string} address
 * @param {FormData} body
 * @param {{ onProgress?: (part: number) => void, level?: number }} [options]
 * @returns {Promise<{ status: number, text: string, address: string, wait: number }>}
 */
export function post(address, body, { onProgress, level = 2 } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    for (const [name, value] of Object.entries(wanted(level))) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onload = () => resolve({
      status: request.status,
      text: request.responseText,
      address: request.responseURL,
      wait: Number(request.getResponseHeader("Retry-After")) || 0,
    });
    request.onerror = () => reject(new NoAnswer());
    request.send(body);
  });
}

/**
 * Send a request as a person does; throws, in the page's language, what is wrong. Gives the answer.
 * @param {string} address
 * @param {string} [method]
 * @param {FormData | null} [body]
 */
export async function ask(address, method = "GET", body = null) {
  const request = { method, body, headers: wanted(2) };
  const response = await fetch(address, request).catch(() => {
    throw new NoAnswer();
  });
  if (!response.ok) throw new Error(problemIn(await response.text()));
  return response;
}

/** What an answer that isn't a success says, be it a page or a problem for programs. */
export function problemIn(text) {
  if (text.startsWith("{")) return JSON.parse(text).detail;
  const page = parse(text);
  const reasons = [...page.querySelectorAll(".reason")];
  // The problem, then its causes: a single one says it all.
  return reasons[reasons.length === 2 ? 1 : 0]?.textContent.trim() || page.title;
}

/** What is new at an address, without the page around it. */
export async function fragment(address) {
  return parse(await (await ask(address)).text());
}

/** The whole document at an address, as a browser without scripts would get it. */
export async function read(address) {
  return parse(await (await fetch(address, { headers: { Accept: "text/html" } })).text());
}

export function parse(text) {
  return new DOMParser().parseFromString(text, "text/html");
}
