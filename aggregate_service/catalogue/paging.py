"""Pages of the catalogue in some order: a cursor names where one starts, so none is dearer than the first."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, true, tuple_

from aggregate_service.catalogue.chosen import FEW, Chosen
from aggregate_service.catalogue.records import Picture
from aggregate_service.catalogue.storable import is_storable
from aggregate_service.catalogue.tables import pictures
from aggregate_service.errors import InvalidRequest
from service_kit.messages.message import message

Sort = Literal["added", "taken", "name", "size"]
SORTS: tuple[Sort, ...] = get_args(Sort)
Key = int | str
Position = tuple[Key, int]
_KEYS: dict[Sort, ColumnElement[Any]] = {
    "taken": pictures.c.taken,
    "name": pictures.c.name,
    "size": pictures.c.size,
}
_FALLING = ("taken", "size")  # the newest and the largest first; names rise
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
    def position(self) -> "Position":
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
    walk = _walk(db, chosen, sort)

    def named(place: Position, newer: bool = False) -> str:
        return str(Cursor(place[1], newer, sort, place[0]))

    if at is not None and at.newer:
        found = walk.before(at.position, limit + 1)
        newer, found = len(found) > limit, found[:limit][::-1]
        older = bool(found) and bool(walk.after(found[-1], 1))
    else:
        found = walk.after(at.position if at else None, limit + 1)
        older, found = len(found) > limit, found[:limit]
        start = found[0] if found else walk.just_behind(at.position) if at else None
        newer = start is not None and at is not None and bool(walk.before(start, 1))
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


class _Walk(Protocol):
    """Pictures in an order: those after a place in it, and those before, the nearest first."""

    def after(self, place: Position | None, limit: int) -> list[Position]: ...
    def before(self, place: Position, limit: int) -> list[Position]: ...
    def just_behind(self, place: Position) -> Position:
        """A place such that what is before it is all up to `place`, that included."""


def _walk(db: Connection, chosen: Chosen, sort: Sort) -> _Walk:
    """Few pictures are sorted; of many the index is walked, and whether they are meant is looked up."""
    if sort == "added":
        return _ById(db, chosen)
    query = select(chosen.id).select_from(chosen.walked.table).where(*chosen.conditions).limit(FEW + 1)
    few = [] if chosen.is_everything else list(db.scalars(query))
    if chosen.is_everything or len(few) > FEW:
        return _ByIndex(db, chosen, sort)
    column = _KEYS[sort]
    rows = db.execute(select(column, pictures.c.id).where(pictures.c.id.in_(few)))
    return _Sorted(sorted(((row[0], row[1]) for row in rows), reverse=sort in _FALLING), sort in _FALLING)


class _ById:
    """Newest first."""

    def __init__(self, db: Connection, chosen: Chosen) -> None:
        self._db, self._chosen = db, chosen

    def after(self, place: Position | None, limit: int) -> list[Position]:
        narrowed = self._chosen.narrowed(until=None if place is None else place[1])
        return self._found(narrowed, narrowed.id.desc(), limit)

    def before(self, place: Position, limit: int) -> list[Position]:
        narrowed = self._chosen.narrowed(since=place[1] + 1)
        return self._found(narrowed, narrowed.id.asc(), limit)

    def just_behind(self, place: Position) -> Position:
        return place[0], place[1] - 1

    def _found(self, chosen: Chosen, order: Any, limit: int) -> list[Position]:
        query = select(chosen.id).select_from(chosen.walked.table).where(*chosen.conditions)
        return [(0, id_) for id_ in self._db.scalars(query.order_by(order).limit(limit))]


class _ByIndex:
    """By the index on a column and the id, read from a place on."""

    def __init__(self, db: Connection, chosen: Chosen, sort: Sort) -> None:
        self._db, self._column, self._falls = db, _KEYS[sort], sort in _FALLING
        self._meant = chosen.all_looked_up(pictures.c.id)

    def after(self, place: Position | None, limit: int) -> list[Position]:
        return self._found(place, limit, self._falls)

    def before(self, place: Position, limit: int) -> list[Position]:
        return self._found(place, limit, not self._falls)

    def just_behind(self, place: Position) -> Position:
        return place[0], place[1] - 1 if self._falls else place[1] + 1

    def _found(self, place: Position | None, limit: int, falling: bool) -> list[Position]:
        key, id_ = self._column, pictures.c.id
        query = select(key, id_).where(*self._meant).limit(limit)
        if place is not None:
            here, there = tuple_(key, id_), tuple_(*place)
            query = query.where(here < there if falling else here > there)
        order = (key.desc(), id_.desc()) if falling else (key, id_)
        return [(row[0], row[1]) for row in self._db.execute(query.order_by(*order))]


class _Sorted:
    """A few, in their order."""

    def __init__(self, places: list[Position], falling: bool) -> None:
        self._places, self._falls = places, falling

    def after(self, place: Position | None, limit: int) -> list[Position]:
        found = (
            self._places if place is None else [each for each in self._places if self._follows(each, place)]
        )
        return found[:limit]

    def before(self, place: Position, limit: int) -> list[Position]:
        return [each for each in reversed(self._places) if self._follows(place, each)][:limit]

    def just_behind(self, place: Position) -> Position:
        return place[0], place[1] - 1 if self._falls else place[1] + 1

    def _follows(self, one: Position, other: Position) -> bool:
        """Keys of one order are all numbers, or all names."""
        return one < other if self._falls else one > other
