"""Statements on the rows of pictures and what hangs on them, in a transaction that the caller began."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Connection, Table, Text, cast, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from aggregate_service.catalogue.records import Facts, Picture, Place, digits_of_time, sort_name
from aggregate_service.catalogue.tables import (
    hidden,
    picture_folders,
    picture_labels,
    pictures,
    places,
    settings,
)

T = TypeVar("T")
LARGEST_ID = 2**63 - 1
_AT_ONCE = 5_000  # ids in one statement: both databases have a limit
_OWN = list(pictures.c)


@dataclass(frozen=True)
class NewRow:
    """A row to be; without `facts` it wasn't read yet."""

    place: Place
    facts: Facts | None = None
    title: str | None = None
    source_url: str | None = None


def take_ids(db: Connection, count: int) -> range:
    """Ids that nobody had, and that nobody gets again when this transaction has ended well."""
    return range((last := _raise(db, "next_id", count)) - count, last)


def take_turns(db: Connection) -> None:
    """Who adds, merges or removes rows waits here for others who do; SQLite's writers wait anyway."""
    db.execute(select(settings.c.value).where(settings.c.name == "next_id").with_for_update())


def insert_rows(db: Connection, rows: Sequence[tuple[int, NewRow]]) -> None:
    """The rows, their places and folders; `IntegrityError` when a place has a picture already."""
    if not rows:
        return
    latest = db.scalar(select(func.max(pictures.c.added_at))) or 0.0
    added_at = max(time.time(), latest)  # never falls as ids rise, also when a clock is put back
    db.execute(
        insert(pictures),
        [
            _EMPTY
            | {"id": id_, "root_id": new.place.root_id, "path": new.place.path, "folder": new.place.folder}
            | {"added_at": added_at, "title": new.title, "source_url": new.source_url}
            | {"name": sort_name(new.title, new.place.path), "taken": digits_of_time(added_at)}
            | (new.facts.columns if new.facts else {})
            for id_, new in rows
        ],
    )
    db.execute(
        insert(places),
        [place_row(id_, new.place, new.facts) for id_, new in rows],
    )
    folders = [{"folder": at, "picture_id": id_} for id_, new in rows for at in folders_of(new.place)]
    if folders:
        db.execute(insert(picture_folders), folders)
    _raise(db, "pictures", len(rows))


def place_row(picture_id: int, place: Place, facts: Facts | None) -> dict[str, Any]:
    return {
        "place": place.key,
        "picture_id": picture_id,
        "root_id": place.root_id,
        "path": place.path,
        "mtime_ns": facts and facts.mtime_ns,
        "ctime_ns": facts and facts.ctime_ns,
    }


def folders_of(place: Place) -> list[str]:
    """What `picture_folders` lists for this place: each folder that holds it, without and with its root."""
    if place.root_id is None:
        return []
    above = place.folder.split("/") if place.folder else []
    inside = ["/".join(above[: depth + 1]) for depth in range(len(above))]
    return [f"/{place.root_id}", *inside, *(f"/{place.root_id}/{folder}" for folder in inside)]


def delete_rows(db: Connection, ids: Iterable[int]) -> int:
    """How many there were; places, labels and memberships go with them."""
    gone = 0
    for some in batched(ids):
        doomed = pictures.c.id.in_(some)
        db.execute(select(pictures.c.id).where(doomed).order_by(pictures.c.id).with_for_update())
        gone += db.execute(delete(pictures).where(doomed)).rowcount
    if gone:
        _raise(db, "pictures", -gone)
    return gone


def count_rows(db: Connection) -> int:
    """Without those that are hidden. Kept beside the rows: counting a million takes too long for a page."""
    rows = int(db.scalar(select(settings.c.value).where(settings.c.name == "pictures")) or 0)
    return rows - int(db.scalar(select(func.count()).where(hidden.c.since >= 0)) or 0)


def load(db: Connection, ids: Iterable[int]) -> dict[int, Picture]:
    """The pictures with these ids, with their labels, in the order asked for."""
    found: dict[int, Picture] = {}
    wanted = [id_ for id_ in dict.fromkeys(ids) if 0 <= id_ <= LARGEST_ID]
    for some in batched(wanted):
        rows = {row.id: row for row in db.execute(select(*_OWN).where(pictures.c.id.in_(some)))}
        labels, lost = labels_of(db, some), _hidden(db, some)
        found |= {
            id_: to_picture(rows[id_], labels.get(id_, ()), lost.get(id_)) for id_ in some if id_ in rows
        }
    return found


def among(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these ids that are pictures."""
    query = select(pictures.c.id)
    return {id_ for some in batched(ids) for id_ in db.scalars(query.where(pictures.c.id.in_(some)))}


def places_among(db: Connection, files: Iterable[Place]) -> set[str]:
    """The keys of those of these files that are a picture's."""
    query = select(places.c.place)
    keys = (place.key for place in files)
    return {key for some in batched(keys) for key in db.scalars(query.where(places.c.place.in_(some)))}


def taken(db: Connection, ids: Iterable[int]) -> dict[int, int]:
    query = select(pictures.c.id, pictures.c.taken)
    rows = (row for some in batched(ids) for row in db.execute(query.where(pictures.c.id.in_(some))))
    return {row.id: row.taken for row in rows}


def to_picture(row: Any, labels: tuple[str, ...], lost: Any = None) -> Picture:
    """`lost` is the picture's row among those that are hidden."""
    picture = Picture(**row._asdict() | {"size": row.size or None}, labels=labels)
    if lost is None:
        return picture
    return replace(picture, missing_since=lost.since, unreachable=lost.unreachable)


def _hidden(db: Connection, ids: Sequence[int]) -> dict[int, Any]:
    return {row.picture_id: row for row in db.execute(select(hidden).where(hidden.c.picture_id.in_(ids)))}


def labels_of(db: Connection, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    query = select(picture_labels.c.picture_id, picture_labels.c.label)
    for id_, label in db.execute(query.where(picture_labels.c.picture_id.in_(ids))):
        found.setdefault(id_, []).append(label)
    return {id_: tuple(sorted(labels)) for id_, labels in found.items()}


def replace_labels(db: Connection, picture_id: int, labels: Iterable[str]) -> None:
    db.execute(delete(picture_labels).where(picture_labels.c.picture_id == picture_id))
    rows = [{"picture_id": picture_id, "label": label} for label in dict.fromkeys(labels) if label]
    if rows:
        db.execute(insert(picture_labels), rows)


def change_labels(db: Connection, ids: Iterable[int], add: Sequence[str], remove: Sequence[str]) -> int:
    """How many of these pictures there are."""
    changed = 0
    for some in batched(ids, 1_000):
        there = sorted(among(db, some))
        changed += len(there)
        gone = picture_labels.c.picture_id.in_(there) & picture_labels.c.label.in_(remove)
        if remove:
            db.execute(delete(picture_labels).where(gone))
        rows = [{"picture_id": id_, "label": label} for label in dict.fromkeys(add) for id_ in there]
        if rows:
            insert_new(db, picture_labels, rows)
    return changed


def insert_new(db: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Those that aren't there already; another transaction may have inserted the same since we looked."""
    dialect = sqlite if db.dialect.name == "sqlite" else postgresql
    db.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


_EMPTY: dict[str, Any] = dict.fromkeys((*Facts.COLUMNS, "title", "source_url")) | {
    "size": 0,
    "taken_guessed": True,
    "has_position": False,
}


def batched(values: Iterable[T], size: int = _AT_ONCE) -> Iterator[list[T]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


def _raise(db: Connection, name: str, by: int) -> int:
    """Add to a number among the settings, and return it."""
    value = cast(cast(settings.c.value, BigInteger) + by, Text)
    changed = update(settings).where(settings.c.name == name).values(value=value).returning(settings.c.value)
    return int(db.execute(changed).scalar_one())
