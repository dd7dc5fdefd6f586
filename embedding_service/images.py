"""The first step of every picture's way: untrusted bytes to an upright RGB picture, or a `BadPicture`."""

import io
import logging
import struct
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image

from embedding_service.errors import EmptyFile, NotAPicture, TooManyPixels, UnreadablePicture

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_NAMES = "JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF"
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's readers raise on damaged files, beside OSError.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    struct.error,
)


@dataclass(frozen=True)
class PictureLimits:
    max_pixels: int = 50_000_000
    max_side: int = 16_384


def read_picture(data: bytes, limits: PictureLimits, least_side: int = 0) -> Image.Image:
    """The first frame, upright, transparency on white, as RGB.

    `least_side` > 0 lets a JPEG be decoded at a reduced size whose shorter side is no less.
    Raises a `BadPicture` whose detail says what is wrong and what to do. Limits are checked before decoding.
    """
    if not data:
        raise EmptyFile("The file is empty.")
    _quieten_pillow()
    image = _open(data)
    _check_size(image, limits)
    try:
        if least_side and image.format in ("JPEG", "MPO"):
            image.draft(None, (least_side, least_side))
        image.load()  # turns a TIFF upright by itself, and then says so
        upright = _UPRIGHT.get(_orientation(image))
        return _to_rgb(image.transpose(upright) if upright is not None else image)
    except _DAMAGE as error:
        raise UnreadablePicture(f"The {image.format} picture is damaged or cut short: {error}.") from error
    except (MemoryError, Image.DecompressionBombError) as error:
        raise TooManyPixels("The picture needs more memory than there is; make it smaller.") from error


def _quieten_pillow() -> None:
    """Silence what Pillow says about odd files (it names no file) and about sizes (ours are checked next).

    Set at each picture, since a test runner may reset the filters in between; once more changes nothing.
    """
    warnings.filterwarnings("ignore", module=r"PIL\.")
    logging.getLogger("PIL").setLevel(logging.CRITICAL)


def _open(data: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(f"The picture is far too large: {error}") from error
    except _DAMAGE as error:
        raise _not_opened(data) from error


def _not_opened(data: bytes) -> UnreadablePicture | NotAPicture:
    if data.startswith(_SIGNATURES) or data[4:12] in (b"ftypavif", b"ftypavis"):
        return UnreadablePicture("The picture's header is damaged, or the file was cut short.")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return NotAPicture("HEIC isn't supported; convert it to JPEG.")
    if b"<svg" in data[:4096].lower():
        return NotAPicture("SVG isn't supported: it is a drawing, not a picture; export it as PNG.")
    return NotAPicture(f"This isn't a picture that can be read here; use {_NAMES}.")


def _check_size(image: Image.Image, limits: PictureLimits) -> None:
    width, height = image.size
    shown = f"The picture has {width} x {height} pixels"
    if width < 1 or height < 1:
        raise UnreadablePicture(f"{shown}: there is nothing to see.")
    if max(width, height) > limits.max_side:
        raise TooManyPixels(f"{shown}; a side may have {limits.max_side}. Make it smaller.")
    if width * height > limits.max_pixels:
        raise TooManyPixels(f"{shown}; {limits.max_pixels / 1e6:g} million are allowed. Make it smaller.")


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation 1..8; 1 where the metadata is damaged, which doesn't spoil the picture."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image = _grey_to_8_bits(image)
    if "transparency" in image.info or image.mode in ("RGBA", "RGBa", "LA", "La", "PA"):
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        return Image.alpha_composite(white, coloured).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _grey_to_8_bits(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float grey scaled to 0..255, where Pillow's own conversion would clip at 255."""
    values = np.nan_to_num(np.asarray(image, np.float32), posinf=0, neginf=0)
    brightest = values.max(initial=0)
    usual = (1 if brightest <= 1 else 255) if image.mode == "F" else 65535
    white = max(usual, brightest)
    return Image.fromarray(np.clip(values / white * 255 + 0.5, 0, 255).astype(np.uint8))
