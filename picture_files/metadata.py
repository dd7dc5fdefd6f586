"""When a picture was taken and with what, as it says itself. Whatever is wrong with that costs only that."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from PIL import Image

from picture_files.damage import DAMAGE

EARLIEST = datetime(1826, 1, 1)  # the first photograph
_LONGEST_OFFSET = 14 * 60
_QUARTER = 15
_MOST_XMP = 1_000_000
_LONGEST_CAMERA = 100

_MAKE, _MODEL = 0x010F, 0x0110
_EXIF, _TAKEN, _TAKEN_OFFSET = 0x8769, 0x9003, 0x9011
_DIGITISED, _DIGITISED_OFFSET = 0x9004, 0x9012
_GPS, _LATITUDE, _LONGITUDE, _GPS_TIME, _GPS_DATE = 0x8825, 2, 4, 7, 29
_MOMENT = re.compile(
    r"(\d{4})[-:/](\d\d)[-:/](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_XMP_TAKEN = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
_NOT_SAID = (datetime(1970, 1, 1),)  # what LibRaw writes where a camera wrote nothing


@dataclass(frozen=True)
class Taken:
    """The time that the clock on the wall showed, and how many minutes that is ahead of UTC, if known."""

    at: datetime
    offset: int | None = None


@dataclass(frozen=True)
class Metadata:
    taken: Taken | None = None
    camera: str | None = None
    has_position: bool = False


NOTHING_SAID = Metadata()


def metadata_of(image: Image.Image, exif: Image.Exif | None = None) -> Metadata:
    """EXIF (the picture's own, unless it stands elsewhere), then XMP, then what PNG has of its own.

    Before any pixel is decoded.
    """
    exif, xmp = exif or _exif(image), _xmp(image)
    gps = _directory(exif, _GPS)
    return Metadata(
        _by_exif(exif, gps) or _by_xmp(xmp) or _moment(image.info.get("Creation Time")),
        _camera(exif.get(_MAKE), exif.get(_MODEL))
        or _camera(_said(xmp, "tiff:Make"), _said(xmp, "tiff:Model")),
        (_LATITUDE in gps and _LONGITUDE in gps) or _said(xmp, "exif:GPSLatitude") is not None,
    )


def _exif(image: Image.Image) -> Image.Exif:
    try:
        return image.getexif()
    except DAMAGE:
        return Image.Exif()


def _directory(exif: Image.Exif, tag: int) -> Mapping[int, Any]:
    try:
        return dict(exif.get_ifd(tag))
    except DAMAGE:
        return {}


def _by_exif(exif: Image.Exif, gps: Mapping[int, Any]) -> Taken | None:
    tags = _directory(exif, _EXIF)
    by_gps = _by_gps(gps)
    for moment, offset in ((_TAKEN, _TAKEN_OFFSET), (_DIGITISED, _DIGITISED_OFFSET)):
        if (taken := _moment(tags.get(moment))) is not None:
            known = taken.offset if taken.offset is not None else _offset(tags.get(offset))
            return Taken(taken.at, _between(taken.at, by_gps) if known is None else known)
    return by_gps


def _by_gps(gps: Mapping[int, Any]) -> Taken | None:
    """In UTC, for that is what satellites tell."""
    try:
        hours, minutes, seconds = (int(part) for part in gps[_GPS_TIME])
    except (*DAMAGE, KeyError):
        return None
    return _moment(f"{gps.get(_GPS_DATE)} {hours:02}:{minutes:02}:{seconds:02}Z")


def _between(local: datetime, gps: Taken | None) -> int | None:
    """How far a clock is ahead of the satellites', to a quarter of an hour; None if nowhere on Earth."""
    if gps is None:
        return None
    minutes = (local - gps.at) / timedelta(minutes=1)
    offset = round(minutes / _QUARTER) * _QUARTER
    return offset if abs(offset) <= _LONGEST_OFFSET else None


def _by_xmp(xmp: str) -> Taken | None:
    return next((taken for name in _XMP_TAKEN if (taken := _moment(_said(xmp, name))) is not None), None)


def _xmp(image: Image.Image) -> str:
    """As text; a TIFF has it as a tag, PNG under a name of its own."""
    found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp")
    if found is None:
        tags = getattr(image, "tag_v2", {})
        try:
            found = tags.get(700)
        except DAMAGE:
            return ""
    if isinstance(found, bytes):
        return found[:_MOST_XMP].decode("utf-8", "replace")
    return found[:_MOST_XMP] if isinstance(found, str) else ""


def _said(xmp: str, name: str) -> str | None:
    """As an attribute or as an element."""
    found = re.search(rf"{name}\s*(?:=\s*[\"']|>)([^\"'<]{{1,200}})", xmp)
    return found[1].strip() if found else None


def _moment(said: object) -> Taken | None:
    """`2026:03:01 12:30:05`, ISO 8601, or as in mail; None for a time that can't have been."""
    if not isinstance(said, str):
        return None
    text = said.strip(" \0")
    if (found := _MOMENT.match(text)) is None:
        return _as_in_mail(text)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        at = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    offset = 0 if found[7] == "Z" else _offset(found[7])
    return Taken(at, offset) if _is_possible(at) else None


def _as_in_mail(text: str) -> Taken | None:
    try:
        moment = parsedate_to_datetime(text)
    except (*DAMAGE, IndexError):
        return None
    offset = moment.utcoffset()
    at = moment.replace(tzinfo=None)
    minutes = None if offset is None else int(offset.total_seconds() // 60)
    return Taken(at, minutes) if _is_possible(at) else None


def _is_possible(at: datetime) -> bool:
    tomorrow = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=2)
    return EARLIEST <= at <= tomorrow and at not in _NOT_SAID


def _offset(said: object) -> int | None:
    """Minutes ahead of UTC; None for what no clock on Earth has."""
    if not isinstance(said, str) or (found := _OFFSET.match(said.strip(" \0"))) is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    if minutes > _LONGEST_OFFSET:
        return None
    return -minutes if found[1] == "-" else minutes


def _camera(make: object, model: object) -> str | None:
    """`Canon EOS 5D`, not `Canon Canon EOS 5D`."""
    maker, name = _plain(make), _plain(model)
    first = maker.split(" ")[0].lower() if maker else ""
    known = name if name.lower().startswith(first) else f"{maker} {name}"
    return known[:_LONGEST_CAMERA].strip() or None


def _plain(said: object) -> str:
    if not isinstance(said, str):
        return ""
    shown = "".join(letter if letter.isprintable() else " " for letter in said)
    return " ".join(shown.split())
