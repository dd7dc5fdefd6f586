"""Which pictures are indexed in which collection: the statements, in a transaction that the caller began."""

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, Connection, delete, exists, func, select

from aggregate_service.catalogue.chosen import choose
from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.catalogue.pictures import LARGEST_ID, batched, insert_new, to_picture
from aggregate_service.catalogue.records import Picture, Place
from aggregate_service.catalogue.tables import collections, hidden, indexed, pictures


def use(db: Connection, collection: str) -> None:
    """Before the first vector is sent to it, so that a deletion reaches it whatever happens then."""
    if db.execute(select(collections).where(collections.c.name == collection)).first() is None:
        insert_new(db, collections, [{"name": collection}])


def mark(db: Connection, collection: str, ids: Iterable[int]) -> set[int]:
    """The ids that are marked now: those that the catalogue still has."""
    use(db, collection)
    marked: set[int] = set()
    rows = select(pictures.c.id).order_by(pictures.c.id).with_for_update(read=True)
    for some in batched(id_ for id_ in ids if 0 <= id_ <= LARGEST_ID):
        there = set(db.scalars(rows.where(pictures.c.id.in_(some))))
        if new := there - among(db, collection, there):
            insert_new(db, indexed, [{"collection": collection, "picture_id": id_} for id_ in sorted(new)])
        marked |= there
    return marked


def unmark(db: Connection, collection: str, ids: Iterable[int]) -> None:
    for some in batched(id_ for id_ in ids if 0 <= id_ <= LARGEST_ID):
        db.execute(delete(indexed).where(indexed.c.collection == collection, indexed.c.picture_id.in_(some)))


def members(db: Connection, collection: str) -> set[int]:
    return set(db.scalars(select(indexed.c.picture_id).where(indexed.c.collection == collection)))


def contents(db: Connection, collection: str, wanted: Iterable[str]) -> set[str]:
    """Those of these contents, by SHA-256, that are in the collection."""
    found: set[str] = set()
    query = select(pictures.c.sha256).join(indexed, indexed.c.picture_id == pictures.c.id)
    for some in batched(wanted):
        found.update(db.scalars(query.where(indexed.c.collection == collection, pictures.c.sha256.in_(some))))
    return found


def among(db: Connection, collection: str | None, ids: Iterable[int]) -> set[int]:
    """Those of these that are in the collection; None for any."""
    found: set[int] = set()
    query = select(indexed.c.picture_id)
    if collection is not None:
        query = query.where(indexed.c.collection == collection)
    for some in batched(id_ for id_ in ids if 0 <= id_ <= LARGEST_ID):
        found.update(db.scalars(query.where(indexed.c.picture_id.in_(some))))
    return found


def lacking(db: Connection, collection: str) -> list[Picture]:
    """Those that are hidden can't be embedded now."""
    own = exists().where(indexed.c.collection == collection, indexed.c.picture_id == pictures.c.id)
    query = select(pictures).where(~own, _shown(pictures.c.id)).order_by(pictures.c.id)
    return [to_picture(row, ()) for row in db.execute(query)]


def count_shown(db: Connection, collection: str) -> int:
    """How many pictures can be found in it."""
    shown = (indexed.c.collection == collection, _shown(indexed.c.picture_id))
    return int(db.scalar(select(func.count()).select_from(indexed).where(*shown)) or 0)


def _shown(id_: ColumnElement[int]) -> ColumnElement[bool]:
    return ~exists().where(hidden.c.picture_id == id_)


def places_of(db: Connection, collection: str) -> Iterator[tuple[int, Place]]:
    """The id and the main place of each picture in a collection."""
    query = select(pictures.c.id, pictures.c.root_id, pictures.c.path)
    query = query.join(indexed, indexed.c.picture_id == pictures.c.id)
    shown = (indexed.c.collection == collection, _shown(pictures.c.id))
    for id_, root_id, path in db.execute(query.where(*shown)):
        yield id_, Place(root_id, path)


def matching(db: Connection, wanted: PictureFilter, collection: str | None) -> list[int]:
    """Rising ids of the pictures that are meant, and that the collection holds; None for all of them."""
    chosen = choose(db, wanted)
    query, table = select(chosen.id).where(*chosen.conditions), chosen.walked.table
    if collection is not None:
        table = table.join(indexed, indexed.c.picture_id == chosen.id)
        query = query.where(indexed.c.collection == collection)
    return list(db.scalars(query.select_from(table).order_by(chosen.order)))
