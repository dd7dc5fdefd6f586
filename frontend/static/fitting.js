// Where a picture that is fitted into its box really lies.

/** Lay `element` exactly over what `image` shows. */
export function place(element, image) {
  const box = { width: image.clientWidth, height: image.clientHeight }; // also while it is shown larger
  const scale = Math.min(box.width / image.naturalWidth, box.height / image.naturalHeight);
  const [width, height] = [image.naturalWidth * scale, image.naturalHeight * scale];
  Object.assign(element.style, {
    left: `${(box.width - width) / 2}px`,
    top: `${(box.height - height) / 2}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
}
