// Why a picture was found: where it fits the question, drawn over it.

import { at } from "./address.js";
import { ask, NoAnswer } from "./connection.js";
import { place } from "./fitting.js";
import { say } from "./messages.js";

/** Draw how well the picture's parts fit the question; gives the words that go with it.
 *
 * `body` is a question with pictures of one's own; otherwise it is the one in the address.
 */
export async function drawHeat(canvas, image, id, body) {
  const address = at(`/images/${id}/why`);
  let scores;
  try {
    const answer = await (body ? ask(address, "POST", body) : ask(address + location.search));
    ({ scores } = await answer.json());
  } catch (error) {
    return error instanceof NoAnswer ? say("gone") : error.message;
  }
  if (!scores.flat().some((score) => score > 0)) return say("flat");
  paint(canvas, scores);
  canvas.hidden = false;
  place(canvas, image);
  return canvas.ariaLabel;
}

/** Dark where the scores are low: the picture shines through where they are high. */
function paint(canvas, rows) {
  [canvas.width, canvas.height] = [rows[0].length, rows.length];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((score, position) => {
    pixels.data.set([8, 20, 18, Math.round(205 * (1 - score))], position * 4);
  });
  context.putImageData(pixels, 0, 0);
}
