"""The orders of the catalogue: what comes after a picture, and what before, among all that a filter means."""

from typing import Any, Literal, Protocol, get_args

from sqlalchemy import ColumnElement, Connection, Select, literal, select, tuple_

from aggregate_service.catalogue.chosen import Chosen
from aggregate_service.catalogue.tables import pictures

Sort = Literal["added", "taken", "name", "size"]
SORTS: tuple[Sort, ...] = get_args(Sort)
Key = int | str
Position = tuple[Key, int]
FAR = 5_000  # so many others may lie between two pictures that are meant, before those are sorted instead
_KEYS: dict[Sort, ColumnElement[Any]] = {
    "taken": pictures.c.taken,
    "name": pictures.c.name,
    "size": pictures.c.size,
}


class Walk:
    """Pictures in an order: those after a place in it, and those before, the nearest first.

    An index has the order, and whether a picture is meant is looked up. A few pictures are sorted instead,
    and so are more of them where they lie far off in that index.
    """

    def __init__(self, db: Connection, chosen: Chosen, sort: Sort) -> None:
        self._db, self._falls = db, sort != "name"  # the newest and the largest first; names rise
        self._index: _Index = _Ids(chosen) if sort == "added" else _Column(chosen, _KEYS[sort])
        self._sorted = _Sorted(chosen, sort)
        by_id, span = sort == "added", chosen.walked.span
        has_order = by_id if span is None else span[0] == sort
        self._few = chosen.walked.size is not None and not has_order
        self._near = chosen.is_everything or (by_id and all(one.in_order for one in chosen.sets))

    def after(self, place: Position | None, limit: int) -> list[Position]:
        return self._found(place, limit, self._falls)

    def before(self, place: Position, limit: int) -> list[Position]:
        return self._found(place, limit, not self._falls)

    def is_any_after(self, place: Position) -> bool:
        return self._is_any(place, self._falls)

    def is_any_before(self, place: Position) -> bool:
        return self._is_any(place, not self._falls)

    def just_behind(self, place: Position) -> Position:
        """A place such that what is before it is all up to `place`, that included."""
        return place[0], place[1] - 1 if self._falls else place[1] + 1

    def _found(self, place: Position | None, limit: int, falling: bool) -> list[Position]:
        found, is_all = ([], False) if self._few else self._near_by(place, limit, falling)
        return found if is_all else self._read(self._sorted.meant(place, falling).limit(limit))

    def _is_any(self, place: Position, falling: bool) -> bool:
        found, is_all = ([], False) if self._few else self._near_by(place, 1, falling)
        return bool(found if is_all else self._read(self._sorted.unsorted(place, falling).limit(1)))

    def _near_by(self, place: Position | None, limit: int, falling: bool) -> tuple[list[Position], bool]:
        """What the index has near the place, and whether that is as much as was asked for, or all."""
        end = None if self._near else self._end(place, falling)
        found = self._read(self._index.meant(place, end, falling).limit(limit))
        return found, end is None or len(found) == limit

    def _end(self, place: Position | None, falling: bool) -> Position | None:
        """Up to where the index is read; None for all of it."""
        return next(iter(self._read(self._index.all(place, falling).offset(FAR).limit(1))), None)

    def _read(self, query: Select[Any]) -> list[Position]:
        return [(row[0], row[1]) for row in self._db.execute(query)]


class _Index(Protocol):
    def all(self, place: Position | None, falling: bool) -> Select[Any]:
        """What comes after the place, meant or not."""

    def meant(self, place: Position | None, end: Position | None, falling: bool) -> Select[Any]:
        """What is meant after the place, up to the end, that included."""


class _Ids:
    """The walked set has them in their order."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen

    def all(self, place: Position | None, falling: bool) -> Select[Any]:
        chosen = self._within(place, None, falling)
        return self._rows(chosen, falling).where(*chosen.own)

    def meant(self, place: Position | None, end: Position | None, falling: bool) -> Select[Any]:
        chosen = self._within(place, end, falling)
        return self._rows(chosen, falling).where(*chosen.conditions)

    def _within(self, place: Position | None, end: Position | None, falling: bool) -> Chosen:
        lower, upper = (end, place) if falling else (place, end)
        since = None if lower is None else lower[1] + (not falling)
        return self._chosen.narrowed(since, None if upper is None else upper[1] + (not falling))

    def _rows(self, chosen: Chosen, falling: bool) -> Select[Any]:
        position: list[Any] = [literal(0), chosen.id]
        query: Select[Any] = select(*position).select_from(chosen.walked.table)
        return query.order_by(chosen.id.desc() if falling else chosen.id)


class _Column:
    """The index on a column and the id."""

    def __init__(self, chosen: Chosen, column: ColumnElement[Any]) -> None:
        self._key, self._id = column, pictures.c.id
        self._spans, self._meant = chosen.spans(column), chosen.along(column)

    def all(self, place: Position | None, falling: bool) -> Select[Any]:
        query = select(self._key, self._id).where(*self._spans, *self._after(place, falling))
        return query.order_by(*_ordered(self._key, self._id, falling))

    def meant(self, place: Position | None, end: Position | None, falling: bool) -> Select[Any]:
        query = self.all(place, falling).where(*self._meant)
        if end is not None:
            here = tuple_(self._key, self._id)
            query = query.where(here >= tuple_(*end) if falling else here <= tuple_(*end))
        return query

    def _after(self, place: Position | None, falling: bool) -> tuple[ColumnElement[bool], ...]:
        return () if place is None else (_beyond((self._key, self._id), place, falling),)


class _Sorted:
    """All that are meant, sorted: apart from where they come from, lest an index be walked for its order.

    PostgreSQL would also read a whole index rather than look up the keys of some thousands.
    """

    def __init__(self, chosen: Chosen, sort: Sort) -> None:
        led = chosen if chosen.walked.size is not None else chosen.shortest
        key: ColumnElement[Any] = literal(0)
        if sort != "added":
            key = select(_KEYS[sort]).where(pictures.c.id == led.id).scalar_subquery()
        query = select(key.label("key"), led.id.label("id")).select_from(led.walked.table)
        meant = query.where(*led.conditions).cte("meant").prefix_with("MATERIALIZED", dialect="postgresql")
        self._key, self._id = meant.c.key, meant.c.id

    def meant(self, place: Position | None, falling: bool) -> Select[Any]:
        return self.unsorted(place, falling).order_by(*_ordered(self._key, self._id, falling))

    def unsorted(self, place: Position | None, falling: bool) -> Select[Any]:
        query: Select[Any] = select(self._key, self._id)
        return query if place is None else query.where(_beyond((self._key, self._id), place, falling))


def _beyond(here: tuple[Any, Any], place: Position, falling: bool) -> ColumnElement[bool]:
    return tuple_(*here) < tuple_(*place) if falling else tuple_(*here) > tuple_(*place)


def _ordered(key: ColumnElement[Any], id_: ColumnElement[int], falling: bool) -> tuple[Any, Any]:
    return (key.desc(), id_.desc()) if falling else (key, id_)
