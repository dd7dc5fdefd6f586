// Choosing many pictures: with Shift, all from the one that was chosen before to this one.

export function watchSelection(form) {
  let last = null;
  form.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=id]");
    if (!box) return;
    const boxes = [...form.querySelectorAll("input[name=id]")];
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (event.shiftKey && from >= 0) boxes.slice(from, to + 1).forEach((each) => (each.checked = box.checked));
    last = box;
  });
}
