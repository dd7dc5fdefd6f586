// A job's progress as it goes on.

import { at } from "./address.js";
import { read } from "./connection.js";
import { announce, say, showLocalTimes } from "./messages.js";

export function watchJob(section) {
  if (!["queued", "running"].includes(section.dataset.state)) return;
  const address = at(section.dataset.page ?? `/jobs/${section.dataset.job}`);
  const events = new EventSource(at(`/jobs/${section.dataset.job}/events`));
  events.addEventListener("progress", ({ data }) => show(section, JSON.parse(data)));
  events.addEventListener("end", () => {
    events.close();
    reload(address);
  });
  events.addEventListener("error", () => announce(say("reconnecting")));
  addEventListener("pagehide", () => events.close());
}

function show(section, job) {
  const progress = section.querySelector("progress");
  progress.max = job.total || 1;
  progress.value = job.done + job.failed;
  const failures = job.failed ? say("failures", { n: job.failed }) : "";
  const done = ["evaluation", "improvement"].includes(job.kind) ? say("measured", { n: job.done }) : say("done", { n: job.done });
  const words = done + say("of", { total: job.total }) + failures;
  section.querySelector(".counts").textContent = words;
}

/** The job at its end, as the server shows it: what was added, what failed and why. */
async function reload(address) {
  const page = await read(address);
  showLocalTimes(page);
  document.querySelector("main").replaceChildren(...document.adoptNode(page.querySelector("main")).childNodes);
  const told = [".job .state", ".job .counts"].map((part) => document.querySelector(part)?.textContent.trim());
  announce(told.filter(Boolean).join(" ") || document.querySelector("h1").textContent.trim());
}
