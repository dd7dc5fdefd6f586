"""Pictures for the system tests: plain scenes, each of a colour and layout of its own."""

import colorsys
import io
from pathlib import Path

from PIL import Image, ImageDraw


def draw_picture(number: int) -> Image.Image:
    sky, ground = (
        tuple(round(255 * part) for part in colorsys.hsv_to_rgb((number * step) % 1, 0.7, value))
        for step, value in ((0.19, 0.95), (0.31, 0.55))
    )
    image = Image.new("RGB", (320, 240), sky)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 120 + 10 * (number % 7), 320, 240), fill=ground)
    pen.ellipse((20 * (number % 9), 20, 20 * (number % 9) + 90, 110), fill=ground)
    return image


def jpeg(number: int) -> bytes:
    buffer = io.BytesIO()
    draw_picture(number).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def write_gallery(folder: Path, count: int, first: int = 0) -> Path:
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        (folder / f"{number:03}.jpg").write_bytes(jpeg(number))
    return folder


def png(colour: tuple[int, int, int], size: tuple[int, int]) -> bytes:
    """Of one colour; of each size it is a content of its own."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()
