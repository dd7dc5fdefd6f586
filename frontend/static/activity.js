// What this browser is adding: a quiet sign in the bar of every page, with a list behind it, until all of it is in.

import { at } from "./address.js";
import { announce, notice, say } from "./messages.js";

const KEPT = "adding"; // in this browser's storage: the jobs that were begun here and aren't over
const LOOK_MS = 300;
const MOST_MS = 3000;
const ACTIVE = ["queued", "running"];

/** Follow these jobs, too: each is the address of its page and what to call it. */
export function track(jobs) {
  const known = jobs.map(({ address, name }) => ({ id: new URL(address).pathname.split("/").at(-1), name }));
  keep([...kept(), ...known]);
  watchActivity(document.querySelector(".activity"));
}

export function watchActivity(box) {
  activity ??= new Activity(box);
  activity.begin();
}

let activity;

class Activity {
  constructor(box) {
    this.box = box;
    this.jobs = [];
    this.looking = false;
    // Who has looked at what failed doesn't need to be told again on the next page.
    box.addEventListener("toggle", () => box.open && keep(this.jobs.filter((job) => !over(job))));
  }

  begin() {
    const known = new Set(this.jobs.map(({ id }) => id));
    const more = kept().filter(({ id }) => !known.has(id));
    const nothing = { state: "queued", total: 0, done: 0, failed: 0, kept: 0 };
    this.jobs.push(...more.map(({ id, name }) => ({ id, name, ...nothing })));
    this.show();
    if (!this.looking) this.look(LOOK_MS);
  }

  async look(wait) {
    this.looking = true;
    await new Promise((resolve) => setTimeout(resolve, wait));
    for (const job of this.jobs.filter((each) => !over(each))) await this.ask(job);
    this.show();
    this.looking = false;
    if (this.jobs.some((job) => !over(job))) this.look(document.hidden ? MOST_MS : Math.min(wait * 1.3, MOST_MS));
    else this.end();
  }

  async ask(job) {
    const answer = await fetch(at(`/jobs/${job.id}`), { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) {
      const { state, total, done, failed, counts } = await answer.json();
      Object.assign(job, { state, total, done, failed, kept: counts?.kept ?? 0 });
    } else if (answer?.status === 404) job.state = "gone"; // forgotten, or of another catalogue
  }

  show() {
    this.jobs = this.jobs.filter(({ state }) => state !== "gone");
    this.box.hidden = this.jobs.length === 0;
    const { total, done: added, failed } = all(this.jobs);
    const done = added + failed;
    const busy = this.jobs.some((job) => !over(job));
    this.box.classList.toggle("over", !busy);
    this.box.classList.toggle("bad", failed > 0);
    this.box.querySelector(".ring-done").style.strokeDashoffset = String(1 - (total ? done / total : 0));
    this.box.querySelector(".activity-count").textContent = busy ? say("activity-count", { done, total }) : "";
    this.box.querySelector("summary").title = busy ? say("activity-busy") : say("activity-over");
    this.box.querySelector("ul").replaceChildren(...this.jobs.map(item));
  }

  end() {
    keep(this.jobs.filter(({ failed }) => failed > 0 && !this.box.open));
    if (this.jobs.length === 0) return;
    const said = inWords(all(this.jobs));
    if (document.querySelector(".landing form.adding")) return location.reload(); // the first ones are here
    if (document.querySelector(".job-page, .jobs-page")) return announce(said);
    return notice(said, say("activity-pictures"), () => location.assign(at("/images")));
  }
}

const over = (job) => !ACTIVE.includes(job.state);

/** The numbers of several jobs as those of one. */
function all(jobs) {
  const sum = (name) => jobs.reduce((found, job) => found + job[name], 0);
  return { total: sum("total"), done: sum("done"), failed: sum("failed"), kept: sum("kept") };
}

/** What a job is called, how far it is, and the way to what failed. */
function item(job) {
  const entry = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: at(`/jobs/${job.id}`), textContent: job.name });
  const bar = Object.assign(document.createElement("progress"), { max: job.total || 1, value: job.done + job.failed });
  bar.ariaLabel = job.name;
  const words = Object.assign(document.createElement("p"), { className: "hint", textContent: inWords(job) });
  entry.append(link, bar, words);
  return entry;
}

function inWords({ total, done, failed, kept: before }) {
  const words = say("done", { n: done - before }) + (total > 1 ? say("of", { total }) : "");
  return words + (before ? say("kept", { n: before }) : "") + (failed ? say("failures", { n: failed }) : "");
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]");
  } catch {
    return []; // a browser that keeps nothing
  }
}

function keep(jobs) {
  try {
    if (jobs.length > 0) localStorage.setItem(KEPT, JSON.stringify(jobs.map(({ id, name }) => ({ id, name }))));
    else localStorage.removeItem(KEPT);
  } catch {
    // then it is followed on this page alone
  }
}
