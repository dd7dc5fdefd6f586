// Why a picture was found: where it fits the question, drawn over it.

import { place } from "./fitting.js";
import { say } from "./messages.js";

/** Draw the scores of the picture's parts; gives what is wrong, if something is. */
export async function drawHeat(canvas, image, id) {
  let answer;
  try {
    const response = await fetch(`/images/${id}/why${location.search}`, { headers: { Accept: "application/json" } });
    answer = await response.json();
    if (!response.ok) return answer.detail ?? answer.title;
  } catch {
    return say("gone");
  }
  paint(canvas, answer.scores);
  place(canvas, image);
  canvas.hidden = false;
  return null;
}

/** Dark where the scores are low: the picture shines through where they are high. */
function paint(canvas, rows) {
  [canvas.width, canvas.height] = [rows[0].length, rows.length];
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  rows.flat().forEach((score, position) => {
    pixels.data.set([8, 20, 18, Math.round(225 * (1 - score))], position * 4);
  });
  context.putImageData(pixels, 0, 0);
}
