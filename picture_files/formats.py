"""The formats that are read, what their files are called, and how they begin."""

from collections.abc import Iterable
from dataclasses import dataclass

HEAD_BYTES = 32


@dataclass(frozen=True)
class Format:
    """`name` is what people call it, `pillow` what Pillow does; our own copies get the first suffix."""

    name: str
    pillow: str
    media_type: str
    suffixes: tuple[str, ...]
    in_browsers: bool = True


KNOWN = (
    Format("JPEG", "JPEG", "image/jpeg", (".jpg", ".jpeg", ".jfif", ".jpe")),
    Format("PNG", "PNG", "image/png", (".png",)),
    Format("WebP", "WEBP", "image/webp", (".webp",)),
    Format("GIF", "GIF", "image/gif", (".gif",)),
    Format("BMP", "BMP", "image/bmp", (".bmp",)),
    Format("TIFF", "TIFF", "image/tiff", (".tif", ".tiff"), in_browsers=False),
    Format("AVIF", "AVIF", "image/avif", (".avif",)),
    Format("HEIC", "HEIF", "image/heic", (".heic", ".heif", ".hif"), in_browsers=False),
)
"""A multi-picture JPEG (MPO) is opened as JPEG, and then says that it is MPO."""
RAW = Format(
    "RAW",
    "RAW",
    "image/x-raw",
    (".raw", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw"),
    in_browsers=False,
)
"""A camera's own format, of which the preview in it is read (`raw.py`)."""
FORMATS = (*KNOWN, RAW)
BY_PILLOW = {format_.pillow: format_ for format_ in FORMATS} | {"MPO": KNOWN[0]}
BY_MEDIA_TYPE = {format_.media_type: format_ for format_ in FORMATS}
SUFFIXES = frozenset(suffix for format_ in KNOWN for suffix in format_.suffixes)
"""What files are called that every installation can read."""
_AVIF = (b"avif", b"avis")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_STARTS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"GIF87a", ".gif"),
    (b"GIF89a", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"II+\0", ".tif"),
    (b"MM\0+", ".tif"),
)


def suffix_of(head: bytes) -> str | None:
    """The suffix of the kind of picture that starts like this; None when none does."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    if head[4:8] == b"ftyp" and head[8:12] in _AVIF:
        return ".avif"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return ".heic"
    return next((suffix for start, suffix in _STARTS if head.startswith(start)), None)


def with_suffix(suffix: str) -> Format | None:
    """The format of files that are called like this, in small letters."""
    return next((format_ for format_ in FORMATS if suffix in format_.suffixes), None)


def formats_named(listed: str) -> tuple[Format, ...]:
    """Those of a comma-separated list, in any case; `ValueError` for one that isn't known."""
    names = {name.strip().lower() for name in listed.split(",") if name.strip()}
    unknown = names - {format_.name.lower() for format_ in FORMATS}
    if unknown or not names:
        raise ValueError(f"{', '.join(sorted(unknown)) or 'nothing'} is no format; there are {ALL}")
    return tuple(format_ for format_ in FORMATS if format_.name.lower() in names)


def spoken(formats: Iterable[Format]) -> str:
    """`JPEG, PNG, WebP`"""
    return ", ".join(format_.name for format_ in formats)


ALL = ",".join(format_.name for format_ in FORMATS)
