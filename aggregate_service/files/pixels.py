"""What pages and searches need of a picture: a small upright copy, a region, a preview of an upload."""

import base64
import io
from typing import BinaryIO

from PIL import Image

from picture_files.errors import UnreadablePicture
from picture_files.reader import PictureLimits, read_picture, read_small_picture

_REGION_SIDE = 1_024


def shrink(file: BinaryIO, side: int, limits: PictureLimits, format_: str = "WEBP") -> bytes:
    """A copy of at most `side` × `side` pixels, upright, transparency on white."""
    return _encoded(read_small_picture(file, limits, side), format_, quality=80)


def crop(data: bytes, box: tuple[float, float, float, float], limits: PictureLimits) -> bytes:
    """A region of the upright picture as a JPEG of at most 1,024 pixels a side.

    `box` has the left, upper, right and lower edge as fractions.
    """
    upright = read_picture(io.BytesIO(data), limits)
    width, height = upright.size
    left, upper = int(box[0] * width), int(box[1] * height)
    right, lower = max(left + 1, round(box[2] * width)), max(upper + 1, round(box[3] * height))
    region = upright.crop((left, upper, min(right, width), min(lower, height)))
    region.thumbnail((_REGION_SIDE, _REGION_SIDE), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return _encoded(region, "JPEG", quality=95, subsampling=0)


def data_uri(data: bytes, side: int, limits: PictureLimits) -> str | None:
    """A small JPEG of an upload for the page, which isn't kept; None when it can't be decoded."""
    try:
        jpeg = shrink(io.BytesIO(data), side, limits, "JPEG")
    except UnreadablePicture:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _encoded(image: Image.Image, format_: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()
