"""Any kind of pixels to 8-bit RGB, transparency on white."""

import numpy as np
from PIL import Image


def to_8_bits(image: Image.Image) -> Image.Image:
    """RGB, or RGBA where something is transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _grey_to_8_bits(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def _grey_to_8_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float grey scaled to 0..255, where Pillow's own conversion would clip at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
    brightest = values.max(initial=0)
    usual = (1 if brightest <= 1 else 255) if image.mode == "F" else 65535
    white = max(usual, brightest)
    return Image.fromarray(np.clip(values / white * 255 + 0.5, 0, 255).astype(np.uint8))
