"""The first step of every picture's way: an untrusted file to upright RGB, or an `UnreadablePicture`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from PIL import Image

import picture_files.heic  # noqa: F401 - Pillow reads it from here on
from picture_files import raw
from picture_files.colours import on_white, to_8_bits
from picture_files.damage import DAMAGE, with_its_end
from picture_files.errors import DamagedPicture, EmptyFile, NotAPicture, TooManyPixels, UnreadablePicture
from picture_files.formats import (
    BY_PILLOW,
    FORMATS,
    HEAD_BYTES,
    RAW,
    Format,
    formats_named,
    spoken,
    suffix_of,
    with_suffix,
)
from picture_files.metadata import Metadata, metadata_of
from picture_files.orientation import lies_on_its_side, orientation_of, upright_turn
from picture_files.quiet import quieten_pillow
from service_kit.messages.message import message

_JPEG = ("JPEG", "MPO")
_NO_MEMORY = message("not-enough-memory")


@dataclass(frozen=True)
class PictureLimits:
    """`max_jpeg_pixels` holds for a JPEG that can be decoded at a reduced size: not a progressive one."""

    max_pixels: int = 50_000_000
    max_side: int = 16_384
    max_jpeg_pixels: int = 150_000_000
    formats: tuple[Format, ...] = FORMATS

    @classmethod
    def of(cls, megapixels: float, jpeg_megapixels: float, side: int, formats: str) -> "PictureLimits":
        """As settings have them; a JPEG may always have as many pixels as another picture."""
        most = (int(megapixels * 1e6), int(max(megapixels, jpeg_megapixels) * 1e6))
        return cls(most[0], side, most[1], formats_named(formats))

    @property
    def suffixes(self) -> frozenset[str]:
        """What files are called that can be read here."""
        readable = [one for one in self.formats if one is not RAW or raw.can_be_read()]
        return frozenset(suffix for one in readable for suffix in one.suffixes)


@dataclass(frozen=True)
class Header:
    """What a picture says about itself before any pixel is decoded; width and height as displayed."""

    media_type: str
    width: int
    height: int
    orientation: int = 1
    """As EXIF numbers it."""


@dataclass(frozen=True)
class _Opened:
    """`file` is what Pillow reads: the preview of a RAW file."""

    image: Image.Image
    format: Format
    file: BinaryIO


def read_header(file: BinaryIO, limits: PictureLimits) -> Header:
    opened = _open(file, limits)
    with opened.image:
        return _header(opened)


def read_about(file: BinaryIO, limits: PictureLimits) -> tuple[Header, Metadata]:
    """Its header, and when and with what it was taken, for as much as it says."""
    opened = _open(file, limits)
    with opened.image as image:
        return _header(opened), metadata_of(image, raw.exif_of(file) if opened.format is RAW else None)


def read_picture(file: BinaryIO, limits: PictureLimits, least_side: int = 0) -> Image.Image:
    """The first frame, upright, transparency on white, as RGB. Limits are checked before decoding.

    `least_side` > 0 lets a JPEG be decoded at a reduced size whose shorter side is no less. One with more
    pixels than other pictures may have is always decoded at no more than half its size.
    """
    return _read(file, limits, least_side, None)


def read_small_picture(file: BinaryIO, limits: PictureLimits, most_side: int) -> Image.Image:
    """The same at no more than `most_side` × `most_side` pixels; a smaller one isn't enlarged."""
    return _read(file, limits, most_side * 2, most_side)


def _header(opened: _Opened) -> Header:
    size = opened.image.size
    width, height = reversed(size) if lies_on_its_side(opened.image) else size
    return Header(opened.format.media_type, width, height, orientation_of(opened.image))


def _read(file: BinaryIO, limits: PictureLimits, least_side: int, most_side: int | None) -> Image.Image:
    opened = _open(file, limits)
    image = opened.image
    with _named_damage(opened.format):
        is_huge = image.width * image.height > limits.max_pixels
        if is_huge:
            least_side = min(least_side or image.width, image.width // 2, image.height // 2)
        try:
            _decode(image, least_side)
        except OSError:
            mendable = image.format in _JPEG and not is_huge
            whole = with_its_end(opened.file) if mendable else None
            if whole is None:
                raise
            image = _opened_by_pillow(whole, limits)
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
def _named_damage(format_: Format) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise DamagedPicture(
            message("damaged-picture", format=format_.name, error=str(error).strip())
        ) from error
    except MemoryError as error:
        raise TooManyPixels(_NO_MEMORY) from error


def _open(file: BinaryIO, limits: PictureLimits) -> _Opened:
    quieten_pillow()
    if raw.is_raw(file):
        file = _preview(file, limits)
        image = _opened_by_pillow(file, replace(limits, formats=FORMATS))
        return _Opened(image, RAW, file)
    file.seek(0)
    image = _opened_by_pillow(file, limits)
    return _Opened(image, BY_PILLOW[str(image.format)], file)


def _opened_by_pillow(file: BinaryIO, limits: PictureLimits) -> Image.Image:
    try:
        image = Image.open(file, formats=[one.pillow for one in limits.formats if one is not RAW])
    except DAMAGE as error:
        raise _why_not_opened(file, limits) from error
    except MemoryError as error:
        raise TooManyPixels(_NO_MEMORY) from error
    _check_size(image, limits)
    return image


def _preview(file: BinaryIO, limits: PictureLimits) -> BinaryIO:
    if RAW not in limits.formats:
        raise NotAPicture(message("format-not-allowed", format=RAW.name, formats=spoken(limits.formats)))
    if not raw.can_be_read():
        raise NotAPicture(message("raw-unsupported"))
    with _named_damage(RAW):
        try:
            found = raw.preview(file)
        except Exception as error:  # LibRaw's errors have no other base
            raise OSError(error.args[0] if error.args else repr(error)) from error
    if found is None:
        raise UnreadablePicture(message("raw-without-preview"))
    return found


def _why_not_opened(file: BinaryIO, limits: PictureLimits) -> UnreadablePicture:
    file.seek(0)
    data = file.read(4096)
    if not data:
        return EmptyFile(message("file-empty"))
    suffix = suffix_of(data[:HEAD_BYTES])
    if suffix is not None:
        format_ = with_suffix(suffix)
        if format_ is None or format_ in limits.formats:
            return DamagedPicture(message("damaged-header"))
        return NotAPicture(message("format-not-allowed", format=format_.name, formats=spoken(limits.formats)))
    if b"<svg" in data.lower():
        return NotAPicture(message("svg-unsupported"))
    return NotAPicture(message("not-a-picture", formats=spoken(limits.formats)))


def _check_size(image: Image.Image, limits: PictureLimits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise DamagedPicture(message("no-pixels", width=width, height=height))
    reducible = image.format in _JPEG and not image.info.get("progressive")
    most = limits.max_jpeg_pixels if reducible else limits.max_pixels
    if max(width, height) > limits.max_side or width * height > most:
        raise TooManyPixels(
            message(
                "too-many-pixels",
                width=width,
                height=height,
                millions=f"{most / 1e6:g}",
                side=limits.max_side,
            )
        )
