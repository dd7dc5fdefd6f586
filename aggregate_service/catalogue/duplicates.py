"""Groups of pictures that are nearly the same to an encoder: kept up as its vectors come in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import Connection, exists, func, select, update

from aggregate_service.catalogue.pictures import among, batched, insert_new, load
from aggregate_service.catalogue.records import Picture
from aggregate_service.catalogue.tables import duplicates, hidden, indexed
from picture_files.formats import with_suffix


@dataclass(frozen=True)
class DuplicatesPage:
    """Groups, the newest first; of each the best picture first: the largest, then the oldest."""

    groups: list[list[Picture]]
    next: int | None
    """To be asked for `before`."""
    compared: int
    total: int
    """Of so many pictures the duplicates were looked for, and of how many they are to be."""


def uncompared(db: Connection, collection: str, limit: int) -> list[int]:
    """Pictures whose duplicates weren't looked for yet."""
    todo = (indexed.c.collection == collection, indexed.c.compared.is_(False))
    return list(
        db.scalars(select(indexed.c.picture_id).where(*todo).order_by(indexed.c.picture_id).limit(limit))
    )


def note(db: Connection, collection: str, compared: Sequence[int], pairs: Iterable[tuple[int, int]]) -> None:
    """These were compared, and these pairs are nearly the same: groups grow and merge."""
    wanted = list(pairs)
    there = among(db, {id_ for pair in wanted for id_ in pair})
    known = _firsts(db, collection, there)
    first = dict(known)

    def root(id_: int) -> int:
        while first.get(id_, id_) != id_:
            id_ = first[id_]
        return id_

    for one, other in wanted:
        if one in there and other in there:
            low, high = sorted((root(one), root(other)))
            first[high] = low
            first.setdefault(low, low)
            for id_ in (one, other):
                first.setdefault(id_, low)
    for old in set(known.values()):
        if (new := root(old)) != old:
            same = (duplicates.c.collection == collection) & (duplicates.c.first == old)
            db.execute(update(duplicates).where(same).values(first=new))
    rows = [
        {"collection": collection, "picture_id": id_, "first": root(id_)}
        for id_ in sorted({id_ for pair in wanted for id_ in pair} & there)
        if id_ not in known
    ]
    if rows:
        insert_new(db, duplicates, rows)
    for some in batched(compared):
        done = (indexed.c.collection == collection) & indexed.c.picture_id.in_(some)
        db.execute(update(indexed).where(done).values(compared=True))


def page(db: Connection, collection: str, before: int | None, limit: int) -> DuplicatesPage:
    shown = ~exists().where(hidden.c.picture_id == duplicates.c.picture_id)
    query = select(duplicates.c.first).where(duplicates.c.collection == collection, shown)
    if before is not None:
        query = query.where(duplicates.c.first < before)
    query = query.group_by(duplicates.c.first).having(func.count() > 1)
    firsts = list(db.scalars(query.order_by(duplicates.c.first.desc()).limit(limit + 1)))
    listed = firsts[:limit]
    members = select(duplicates.c.first, duplicates.c.picture_id).where(
        duplicates.c.collection == collection, duplicates.c.first.in_(listed), shown
    )
    groups: dict[int, list[int]] = {first: [] for first in listed}
    for first, id_ in db.execute(members):
        groups[first].append(id_)
    pictures = load(db, (id_ for ids in groups.values() for id_ in ids))
    counted = select(func.count()).select_from(indexed).where(indexed.c.collection == collection)
    total = db.scalar(counted) or 0
    todo = db.scalar(counted.where(indexed.c.compared.is_(False))) or 0
    return DuplicatesPage(
        [best_first([pictures[id_] for id_ in ids]) for ids in groups.values()],
        listed[-1] if len(firsts) > limit else None,
        total - todo,
        total,
    )


def best_first(pictures: Sequence[Picture]) -> list[Picture]:
    """The largest, in pixels and then in bytes; of equal ones the oldest."""

    def rank(picture: Picture) -> tuple[int, int, int, int]:
        pixels = (picture.width or 0) * (picture.height or 0)
        return -pixels, -(picture.size or 0), picture.taken, picture.id

    return sorted(pictures, key=rank)


def removable(group: Sequence[Picture]) -> list[int]:
    """All but the best, which comes first; what somebody labelled or named stays, or that would be lost."""
    return [picture.id for picture in group[1:] if not picture.labels and not _is_named(picture)]


def _is_named(picture: Picture) -> bool:
    """A file that was sent is called by its own name until somebody gives it another."""
    return bool(picture.title) and with_suffix(PurePath(picture.title or "").suffix.lower()) is None


def _firsts(db: Connection, collection: str, ids: Iterable[int]) -> Mapping[int, int]:
    """For those that are in a group, its first; and each such first for itself."""
    found: dict[int, int] = {}
    query = select(duplicates.c.picture_id, duplicates.c.first).where(duplicates.c.collection == collection)
    for some in batched(ids):
        found |= {
            row.picture_id: row.first for row in db.execute(query.where(duplicates.c.picture_id.in_(some)))
        }
    return found
