"""Pages of the catalogue, newest first: a cursor names where one starts, so none is dearer than the first."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from aggregate_service.errors import InvalidRequest
from aggregate_service.picture_filter import Chosen
from aggregate_service.records import Picture


@dataclass(frozen=True)
class Page:
    """`next` leads to older pictures, `previous` to newer ones; None where there are none."""

    total: int
    pictures: list[Picture]
    next: str | None
    previous: str | None


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
            raise InvalidRequest("`cursor` must be one that an earlier page gave as `next` or `previous`.")
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
        ids = _ids(db, chosen, chosen.id > at.id, chosen.id.asc(), limit + 1)
        newer, ids = len(ids) > limit, ids[:limit][::-1]
        older = bool(ids) and bool(_ids(db, chosen, chosen.id < ids[-1], chosen.id.desc(), 1))
    else:
        ids = _ids(db, chosen, None if at is None else chosen.id < at.id, chosen.id.desc(), limit + 1)
        older, ids = len(ids) > limit, ids[:limit]
        start = ids[0] if ids else at.id - 1 if at else None
        newer = at is not None and bool(_ids(db, chosen, chosen.id > start, chosen.id.asc(), 1))
    if not ids:
        return Slice([], None, str(Cursor(at.id - 1, newer=True)) if at and newer else None)
    return Slice(
        ids,
        str(Cursor(ids[-1])) if older else None,
        str(Cursor(ids[0], newer=True)) if newer else None,
    )


def _ids(db: Connection, chosen: Chosen, edge: Any, order: Any, limit: int) -> list[int]:
    query = select(chosen.id).select_from(chosen.table).where(*chosen.conditions)
    if edge is not None:
        query = query.where(edge)
    return list(db.scalars(query.order_by(order).limit(limit)))
