"""From a picture file to what a page needs: its format, its size, a small upright copy. Limits come first."""

import base64
import io
import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps

from aggregate_service.errors import UnreadablePicture
from aggregate_service.links.kinds import HEAD_BYTES, suffix_of

# Ours is lower and is checked before any pixel is decoded; Pillow's own would only warn.
Image.MAX_IMAGE_PIXELS = None

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
_ORIENTATION = 0x0112
_REGION_SIDE = 1_024
_OPENED_AS = tuple(name for name in MEDIA_TYPES if name != "MPO")  # Pillow opens MPO as JPEG
# What Pillow is known to raise on broken files, its own errors included.
_UNREADABLE = (
    OSError,
    struct.error,
    ValueError,
    SyntaxError,
    EOFError,
    MemoryError,
    OverflowError,
    LookupError,
    TypeError,
)


@dataclass(frozen=True)
class PixelLimits:
    max_pixels: int
    max_side: int


@dataclass(frozen=True)
class Header:
    """What a picture says about itself before any pixel is decoded; width and height as displayed."""

    media_type: str
    width: int
    height: int


def read_header(file: BinaryIO, limits: PixelLimits) -> Header:
    """Raises `UnreadablePicture` for what isn't a picture, or is larger than the limits allow."""
    with _opened(file, limits) as image:
        width, height = image.size
        if _turned(image):
            width, height = height, width
        return Header(MEDIA_TYPES[str(image.format)], width, height)


def shrink(file: BinaryIO, side: int, limits: PixelLimits, format_: str = "WEBP") -> bytes:
    """A copy of at most `side` × `side` pixels, upright, transparency on white."""
    with _opened(file, limits) as image:
        try:
            image.draft("RGB", (side * 2, side * 2))
            small = ImageOps.exif_transpose(_eight_bit(image))
            small.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
            buffer = io.BytesIO()
            _on_white(small).save(buffer, format_, quality=80)
        except _UNREADABLE as error:
            raise UnreadablePicture(f"The picture can't be decoded: {error}") from error
        return buffer.getvalue()


def crop(data: bytes, box: tuple[float, float, float, float], limits: PixelLimits) -> bytes:
    """A region of the upright picture as a JPEG of at most 1,024 pixels a side.

    `box` has the left, upper, right and lower edge as fractions.
    """
    with _opened(io.BytesIO(data), limits) as image:
        try:
            upright = ImageOps.exif_transpose(_eight_bit(image))
            width, height = upright.size
            left, upper = int(box[0] * width), int(box[1] * height)
            right, lower = max(left + 1, round(box[2] * width)), max(upper + 1, round(box[3] * height))
            region = upright.crop((left, upper, min(right, width), min(lower, height)))
            region.thumbnail((_REGION_SIDE, _REGION_SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0)
            buffer = io.BytesIO()
            _on_white(region).save(buffer, "JPEG", quality=95, subsampling=0)
        except _UNREADABLE as error:
            raise UnreadablePicture(f"The picture can't be decoded: {error}") from error
        return buffer.getvalue()


def data_uri(data: bytes, side: int, limits: PixelLimits) -> str | None:
    """A small JPEG of an upload for the page, which isn't kept; None when it can't be decoded."""
    try:
        jpeg = shrink(io.BytesIO(data), side, limits, "JPEG")
    except UnreadablePicture:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _opened(file: BinaryIO, limits: PixelLimits) -> Image.Image:
    try:
        image = Image.open(file, formats=_OPENED_AS)
    except _UNREADABLE as error:
        raise UnreadablePicture(_why_unopened(file)) from error
    width, height = image.size
    if width * height > limits.max_pixels or max(width, height) > limits.max_side:
        raise UnreadablePicture(
            f"The picture has {width} × {height} pixels; at most {limits.max_pixels / 1e6:g} megapixels "
            f"and {limits.max_side} on a side are read."
        )
    return image


def _why_unopened(file: BinaryIO) -> str:
    file.seek(0)
    if suffix_of(file.read(HEAD_BYTES)) is None:
        return "The file isn't a picture in a supported format (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF)."
    return "The picture's header is damaged, or the file was cut short."


def _turned(image: Image.Image) -> bool:
    try:
        return image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    except _UNREADABLE:
        return False


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey would be clipped to white by a plain conversion: scale it."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return image


def _on_white(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    alpha = image.convert("RGBA")
    white = Image.new("RGBA", alpha.size, "white")
    white.alpha_composite(alpha)
    return white.convert("RGB")
