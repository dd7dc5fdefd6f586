"""Pages of the catalogue in some order: a cursor names where one starts, so none is dearer than the first."""

import base64
import binascii
import re
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, select, true

from aggregate_service.catalogue.chosen import Chosen
from aggregate_service.catalogue.orders import Key, Position, Sort, Walk
from aggregate_service.catalogue.records import Picture
from aggregate_service.catalogue.storable import is_storable
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
    """Everything after, or before, the picture `id` whose key is `key`; it may be gone by then."""

    id: int
    newer: bool = False
    sort: Sort = "added"
    key: Key = 0

    def __str__(self) -> str:
        start = f"{'n' if self.newer else 'o'}{self.id}"
        text = start if self.sort == "added" else f"{start},{self.sort},{self.key}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def of(cls, text: str, sort: Sort = "added") -> "Cursor":
        """`InvalidRequest` for what no page of this order gave."""
        try:
            plain = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            plain = ""
        found = _CURSOR.fullmatch(plain)
        if found is None or (found[3] or "added") != sort or not is_storable(plain):
            raise InvalidRequest(message("cursor-unknown"))
        key: Key = found[4] or ""
        if sort != "name":
            if not re.fullmatch(r"\d{0,18}", found[4] or "", re.ASCII):
                raise InvalidRequest(message("cursor-unknown"))
            key = int(found[4] or 0)
        return cls(int(found[2]), found[1] == "n", sort, key)

    @property
    def position(self) -> Position:
        return self.key, self.id


_CURSOR = re.compile(r"(?s)([no])(\d{1,18})(?:,(taken|name|size),(.{0,300}))?", re.ASCII)


@dataclass(frozen=True)
class Slice:
    """The ids of one page, in their order."""

    ids: list[int]
    next: str | None
    previous: str | None


def slice_of(db: Connection, chosen: Chosen, cursor: str | None, limit: int, sort: Sort = "added") -> Slice:
    """`limit` + 1 rows of an index are read, and one more to see whether there is a way back."""
    at = Cursor.of(cursor, sort) if cursor else None
    walk = Walk(db, chosen, sort)

    def named(place: Position, newer: bool = False) -> str:
        return str(Cursor(place[1], newer, sort, place[0]))

    if at is not None and at.newer:
        found = walk.before(at.position, limit + 1)
        newer, found = len(found) > limit, found[:limit][::-1]
        older = bool(found) and walk.is_any_after(found[-1])
    else:
        found = walk.after(at.position if at else None, limit + 1)
        older, found = len(found) > limit, found[:limit]
        start = found[0] if found else walk.just_behind(at.position) if at else None
        newer = start is not None and at is not None and walk.is_any_before(start)
    if not found:
        return Slice([], None, named(walk.just_behind(at.position), newer=True) if at and newer else None)
    return Slice(
        [id_ for _, id_ in found],
        named(found[-1]) if older else None,
        named(found[0], newer=True) if newer else None,
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
