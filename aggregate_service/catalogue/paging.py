"""Pages of the catalogue, newest first: a cursor names where one starts, so none is dearer than the first."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, case, func, select, true

from aggregate_service.catalogue.filters import Chosen
from aggregate_service.catalogue.records import Picture
from aggregate_service.errors import InvalidRequest
from service_kit.messages.message import message

MOST_COUNTED = 10_000
MOST_LOOKED_UP = 2_000  # where each takes a look into another set too


@dataclass(frozen=True)
class Page:
    """`next` leads to older pictures, `previous` to newer ones; None where there are none.

    Where `total_is_exact` is false there are at least `total`: counting them all would take too long.
    """

    total: int
    pictures: list[Picture]
    next: str | None
    previous: str | None
    total_is_exact: bool = True


@dataclass(frozen=True)
class Cursor:
    """Everything older, or newer, than the picture `id`, which may be gone by then."""

    id: int
    newer: bool = False

    def __str__(self) -> str:
        return (
            base64.urlsafe_b64encode(f"{'n' if self.newer else 'o'}{self.id}".encode()).decode().rstrip("=")
        )

    @classmethod
    def of(cls, text: str) -> "Cursor":
        try:
            plain = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            plain = ""
        if not (found := re.fullmatch(r"([no])(\d{1,18})", plain, re.ASCII)):
            raise InvalidRequest(message("cursor-unknown"))
        return cls(int(found[2]), found[1] == "n")


@dataclass(frozen=True)
class Slice:
    """The ids of one page, newest first."""

    ids: list[int]
    next: str | None
    previous: str | None


def slice_of(db: Connection, chosen: Chosen, cursor: str | None, limit: int) -> Slice:
    """`limit` + 1 rows of an index are read, and one more to see whether there is a way back."""
    at = Cursor.of(cursor) if cursor else None
    if at is not None and at.newer:
        ids = _newer(db, chosen, at.id, limit + 1)
        newer, ids = len(ids) > limit, ids[:limit][::-1]
        older = bool(ids) and bool(_older(db, chosen, ids[-1], 1))
    else:
        ids = _older(db, chosen, None if at is None else at.id, limit + 1)
        older, ids = len(ids) > limit, ids[:limit]
        start = ids[0] if ids else at.id - 1 if at else None
        newer = start is not None and at is not None and bool(_newer(db, chosen, start, 1))
    if not ids:
        return Slice([], None, str(Cursor(at.id - 1, newer=True)) if at and newer else None)
    return Slice(
        ids,
        str(Cursor(ids[-1])) if older else None,
        str(Cursor(ids[0], newer=True)) if newer else None,
    )


def count(db: Connection, chosen: Chosen, shown: Slice) -> tuple[int, bool]:
    """How many pictures there are on all pages, and whether that is all: no more than some are looked at."""
    if shown.next is None and shown.previous is None:
        return len(shown.ids), True
    most = MOST_LOOKED_UP if chosen.others else MOST_COUNTED
    walked = select(chosen.id.label("id")).select_from(chosen.walked.table).where(*chosen.own)
    some = walked.limit(most + 1).subquery("counted")
    fitting = case((and_(true(), *chosen.looked_up(some.c.id)), 1), else_=0)
    counts = select(func.count(), func.coalesce(func.sum(fitting), 0)).select_from(some)
    looked_at, found = db.execute(counts).one()
    return max(min(int(found), most), len(shown.ids)), looked_at <= most


def _older(db: Connection, chosen: Chosen, than: int | None, limit: int) -> list[int]:
    narrowed = chosen.narrowed(until=than)
    return _ids(db, narrowed, narrowed.id.desc(), limit)


def _newer(db: Connection, chosen: Chosen, than: int, limit: int) -> list[int]:
    narrowed = chosen.narrowed(since=than + 1)
    return _ids(db, narrowed, narrowed.id.asc(), limit)


def _ids(db: Connection, chosen: Chosen, order: Any, limit: int) -> list[int]:
    query = select(chosen.id).select_from(chosen.walked.table).where(*chosen.conditions)
    return list(db.scalars(query.order_by(order).limit(limit)))
