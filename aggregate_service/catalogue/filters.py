"""Which pictures are asked for: by label, folder, date, camera, size; checked before anything is sought."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aggregate_service.catalogue.records import digits_of
from aggregate_service.errors import InvalidRequest
from picture_files.formats import FORMATS
from service_kit.messages.message import message

MOST_LABELS = 20
SHAPES = ("landscape", "portrait", "square")
TYPES = {one.name.lower(): one.media_type for one in FORMATS}
_LOCAL = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?)?)?", re.ASCII)


@dataclass(frozen=True)
class PictureFilter:
    """All conditions hold. `folder` is one of a root (`2024/summer`) or absolute, with all below it.

    `after` is included, `before` is not; a date without a time is its midnight, a time without a zone is UTC.
    """

    labels: tuple[str, ...] = ()
    folder: str | None = None
    after: datetime | None = None
    before: datetime | None = None
    missing: bool = False
    """Those that are hidden, in place of those that are there."""
    taken_after: int | None = None
    taken_before: int | None = None
    """By the picture's own local time, as digits: the first is included, the second is not."""
    camera: str | None = None
    min_side: int | None = None
    """Of the shorter side, in pixels."""
    orientation: str | None = None
    type: str | None = None
    """A media type."""

    @classmethod
    def of(
        cls,
        labels: tuple[str, ...] | list[str] = (),
        folder: str | None = None,
        after: str | None = None,
        before: str | None = None,
        missing: bool = False,
        taken_after: str | None = None,
        taken_before: str | None = None,
        camera: str | None = None,
        min_side: str | None = None,
        orientation: str | None = None,
        type: str | None = None,
    ) -> "PictureFilter":
        """From what was asked over HTTP; empty means not asked. `InvalidRequest` for what is no date."""
        if any("\0" in text for text in (*labels, folder or "", camera or "")):
            raise InvalidRequest(message("zero-byte-in-name"))
        wanted = tuple(dict.fromkeys(label.strip() for label in labels if label.strip()))
        if len(wanted) > MOST_LABELS:
            raise InvalidRequest(message("too-many-labels", most=MOST_LABELS, count=len(wanted)))
        return cls(
            wanted,
            folder or None,
            _moment("after", after),
            _moment("before", before),
            missing,
            _taken("taken_after", taken_after),
            _taken("taken_before", taken_before),
            (camera or "").strip() or None,
            _side(min_side),
            _one_of("orientation", orientation, dict(zip(SHAPES, SHAPES, strict=True))),
            _one_of("type", type, TYPES),
        )

    def __bool__(self) -> bool:
        return self != PictureFilter()


def _taken(name: str, given: str | None) -> int | None:
    """A local time as digits, to whatever is said of it: `2026`, `2026-03`, `2026-03-01T12:30`."""
    if not given:
        return None
    if (found := _LOCAL.fullmatch(given.strip())) is None:
        raise InvalidRequest(message("not-a-date", name=name, given=repr(given)))
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        moment = datetime(year, month or 1, day or 1, hour, minute, second)
    except ValueError:
        raise InvalidRequest(message("not-a-date", name=name, given=repr(given))) from None
    return digits_of(moment)


def _side(given: str | None) -> int | None:
    if not (given or "").strip():
        return None
    if not re.fullmatch(r"\s*\d{1,6}\s*", given or "", re.ASCII):
        raise InvalidRequest(message("not-a-side", given=repr((given or "")[:50])))
    return int(given or "")


def _one_of(name: str, given: str | None, known: Mapping[str, str]) -> str | None:
    if not (asked := (given or "").strip().lower()):
        return None
    if asked not in known:
        raise InvalidRequest(
            message("choice-unknown", name=name, known=", ".join(known), given=repr(asked[:50]))
        )
    return known[asked]


def _moment(name: str, given: str | None) -> datetime | None:
    if not given:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(given), datetime.min.time())
    except ValueError:
        try:
            moment = datetime.fromisoformat(given)
        except ValueError:
            raise InvalidRequest(message("not-a-date", name=name, given=repr(given))) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
