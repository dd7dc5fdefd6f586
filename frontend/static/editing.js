// Saying what a picture is, where it is shown: its title, its labels, when it was taken.

import { ask, NoAnswer, parse } from "./connection.js";
import { announce, say } from "./messages.js";
import { watchSuggestions } from "./suggesting.js";

/** Labels are completed in a form that came later than the page. */
export function prepare(form) {
  if (!form.querySelector("datalist")) watchSuggestions(form);
}

/** Send the form; gives what is known of the picture then, or null where that failed, which the form says. */
export async function save(form) {
  const words = form.querySelector(".edited");
  try {
    const answer = await ask(form.action, "POST", new FormData(form)); // leads back to the picture
    announce(say("saved"));
    return parse(await answer.text()).querySelector(".panel");
  } catch (error) {
    words.textContent = error instanceof NoAnswer ? say("gone") : error.message;
    return null;
  }
}
