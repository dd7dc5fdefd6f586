"""The first step of every picture's way: an untrusted file to upright RGB, or an `UnreadablePicture`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from picture_files.colours import on_white, to_8_bits
from picture_files.damage import DAMAGE, with_its_end
from picture_files.errors import DamagedPicture, EmptyFile, NotAPicture, TooManyPixels, UnreadablePicture
from picture_files.formats import FORMATS, HEAD_BYTES, MEDIA_TYPES, SPOKEN, is_heic, suffix_of
from picture_files.orientation import lies_on_its_side, upright_turn
from picture_files.quiet import quieten_pillow
from service_kit.messages.message import message

_JPEG = ("JPEG", "MPO")
_NO_MEMORY = message("not-enough-memory")


@dataclass(frozen=True)
class PictureLimits:
    max_pixels: int = 50_000_000
    max_side: int = 16_384


@dataclass(frozen=True)
class Header:
    """What a picture says about itself before any pixel is decoded; width and height as displayed."""

    media_type: str
    width: int
    height: int


def read_header(file: BinaryIO, limits: PictureLimits) -> Header:
    with _open(file, limits) as image:
        width, height = reversed(image.size) if lies_on_its_side(image) else image.size
        return Header(MEDIA_TYPES[str(image.format)], width, height)


def read_picture(file: BinaryIO, limits: PictureLimits, least_side: int = 0) -> Image.Image:
    """The first frame, upright, transparency on white, as RGB. Limits are checked before decoding.

    `least_side` > 0 lets a JPEG be decoded at a reduced size whose shorter side is no less.
    """
    return _read(file, limits, least_side, None)


def read_small_picture(file: BinaryIO, limits: PictureLimits, most_side: int) -> Image.Image:
    """The same at no more than `most_side` × `most_side` pixels; a smaller one isn't enlarged."""
    return _read(file, limits, most_side * 2, most_side)


def _read(file: BinaryIO, limits: PictureLimits, least_side: int, most_side: int | None) -> Image.Image:
    image = _open(file, limits)
    with _named_damage(image):
        try:
            _decode(image, least_side)
        except OSError:
            whole = with_its_end(file) if image.format in _JPEG else None
            if whole is None:
                raise
            image = _open(whole, limits)
            _decode(image, least_side)
        turn = upright_turn(image)  # loading a TIFF turned it, and it says so
        picture = to_8_bits(image)
        if most_side is not None:
            picture.thumbnail((most_side, most_side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return on_white(picture if turn is None else picture.transpose(turn))


def _decode(image: Image.Image, least_side: int) -> None:
    if least_side and image.format in _JPEG:
        image.draft(None, (least_side, least_side))
    image.load()


@contextmanager
def _named_damage(image: Image.Image) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise DamagedPicture(
            message("damaged-picture", format=str(image.format), error=str(error))
        ) from error
    except MemoryError as error:
        raise TooManyPixels(_NO_MEMORY) from error


def _open(file: BinaryIO, limits: PictureLimits) -> Image.Image:
    quieten_pillow()
    try:
        image = Image.open(file, formats=FORMATS)
    except DAMAGE as error:
        raise _why_not_opened(file) from error
    except MemoryError as error:
        raise TooManyPixels(_NO_MEMORY) from error
    _check_size(image, limits)
    return image


def _why_not_opened(file: BinaryIO) -> UnreadablePicture:
    file.seek(0)
    data = file.read(4096)
    head = data[:HEAD_BYTES]
    if not data:
        return EmptyFile(message("file-empty"))
    if is_heic(head):
        return NotAPicture(message("heic-unsupported"))
    if suffix_of(head) is not None:
        return DamagedPicture(message("damaged-header"))
    if b"<svg" in data.lower():
        return NotAPicture(message("svg-unsupported"))
    return NotAPicture(message("not-a-picture", formats=SPOKEN))


def _check_size(image: Image.Image, limits: PictureLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise DamagedPicture(message("no-pixels", width=width, height=height))
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise TooManyPixels(
            message(
                "too-many-pixels",
                width=width,
                height=height,
                millions=f"{limits.max_pixels / 1e6:g}",
                side=limits.max_side,
            )
        )
