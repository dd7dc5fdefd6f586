// Lists that go on: what comes next is there before one gets to the end, and nothing that is there moves.

import { fragment } from "./connection.js";
import { announce, say } from "./messages.js";

const AHEAD = "2000px";

export function watchEnd(pages) {
  const found = pages.closest(".found");
  if (!found || found.closest("[data-photos]")) return;
  endless(found, async (link) => (await fragment(link.href)).querySelector(".found"));
}

/** `load` gets what follows, from the link or button that leads there. */
export function endless(found, load) {
  const more = () => found.querySelector(".pages :is([rel=next], [data-after])");
  let loading = false;
  const next = async () => {
    const step = more();
    if (!step || loading) return;
    loading = true;
    try {
      const after = await load(step);
      const focused = step === document.activeElement;
      const first = after.querySelector("a.open");
      const came = join(found, after);
      // Who looks at one picture doesn't want to hear of the list behind it.
      if (came > 0 && !document.querySelector("dialog[open]")) announce(say("more", { n: came }));
      if (focused) first?.focus({ preventScroll: true }); // the page stays where it was
    } catch (error) {
      announce(error.message || say("gone")); // the link stays: it can be followed by hand
      observer.disconnect();
    }
    loading = false;
    watch();
  };
  const observer = new IntersectionObserver(([end]) => end.isIntersecting && next(), { rootMargin: AHEAD });
  const watch = () => {
    observer.disconnect();
    if (more()) observer.observe(found.querySelector(".pages"));
  };
  found.addEventListener("click", (event) => {
    if (!event.target.closest(".pages :is([rel=next], [data-after])")) return;
    event.preventDefault();
    next();
  });
  found.addEventListener("click", async (event) => {
    const link = event.target.closest(".newer a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    await fragment(link.href).then(
      (page) => prepend(found, page.querySelector(".found")),
      (error) => announce(error.message || say("gone")),
    );
  });
  watch();
}

/** Put what comes before in front of what is there, which stays where it is seen. */
function prepend(found, before) {
  const first = found.querySelector(".rows > li");
  const { y } = first.getBoundingClientRect();
  announce(say("more", { n: before.querySelectorAll(".rows > li").length }));
  for (const list of [...before.querySelectorAll(".rows")].reverse()) {
    const group = list.closest(".group");
    const same = group ? found.querySelector(`[data-group="${group.dataset.group}"] .rows`) : found.querySelector(".rows");
    if (same) same.prepend(...[...list.children].map((item) => document.adoptNode(item)));
    else found.querySelector(".group").before(document.adoptNode(group));
  }
  const newer = before.querySelector(".newer");
  if (newer) found.querySelector(".newer").replaceWith(document.adoptNode(newer));
  else found.querySelector(".newer").remove();
  first.querySelector("a.open").focus({ preventScroll: true });
  scrollBy({ top: first.getBoundingClientRect().y - y, behavior: "instant" });
}

/** Put what was found next behind what is there, group by group; gives how many pictures came. */
function join(found, next) {
  const tiles = next.querySelectorAll(".rows > li").length ?? 0;
  for (const list of next.querySelectorAll(".rows")) {
    const group = list.closest(".group");
    const same = group ? found.querySelector(`[data-group="${group.dataset.group}"] .rows`) : found.querySelector(".rows");
    if (same) same.append(...[...list.children].map((item) => document.adoptNode(item)));
    else found.querySelector(".pages").before(document.adoptNode(group));
  }
  const step = next.querySelector(".pages :is([rel=next], [data-after])");
  const old = found.querySelector(".pages :is([rel=next], [data-after])");
  if (step) old.replaceWith(document.adoptNode(step));
  else old.remove();
  return tiles;
}
