"""Pictures that the tests draw: photo-like ones of any size, and the same in every kind of file."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """Sky, ground, objects and fine grain, as a photo has them; the same for the same arguments."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 215, (6, 8, 3), np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(1, max(2, width // 3)), random.integers(1, max(2, height // 3))
        colour = tuple(int(c) for c in random.integers(0, 255, 3))
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((int(x), int(y), int(x + w), int(y + h)), fill=colour)
    grain = random.normal(0, 6, (height, width, 3))
    pixels = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), np.float32) + grain
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def quadrants(width: int = 40, height: int = 20) -> Image.Image:
    """Red, green / blue, white: shows which way is up."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 2, height // 2))
    image.paste("lime", (width // 2, 0, width, height // 2))
    image.paste("blue", (0, height // 2, width // 2, height))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
