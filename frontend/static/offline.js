// The page that is shown without a connection: it gives way to the one that was asked for as soon as that can be had.

import { at, isAt } from "./address.js";

const LOOK_MS = 4000;

export function watchOffline(page) {
  const go = () => (isAt("/offline") ? location.replace(at("/")) : location.reload());
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(at("/healthz"), { cache: "no-store" }).catch(() => null);
    if (answer?.ok) go();
  };
  page.querySelector(".again").addEventListener("click", go);
  addEventListener("online", look);
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOK_MS);
}
