"""Deleted pictures: the note that a deletion is under way, what may be undone, and what is over for good."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select

from aggregate_service.catalogue.pictures import LARGEST_ID, batched, delete_rows, load
from aggregate_service.catalogue.records import Picture, Place, Restorable
from aggregate_service.catalogue.tables import deleted, excluded, kept_out, pictures, places

Discard = Callable[[Sequence[Place], Sequence[str]], None]
"""Called with files that no picture uses any more, and the SHA-256 of contents that none has any more."""


def intend(db: Connection, ids: Iterable[int], until: float) -> list[int]:
    """Note that these are to be deleted, and what they were; the ids that there are."""
    found = load(db, ids)
    for some in batched(found):
        noted = set(db.scalars(select(deleted.c.id).where(deleted.c.id.in_(some))))
        where = _places(db, some)
        rows = [
            {"id": id_, "content": _content(found[id_], where.get(id_, [])), "until": until}
            for id_ in some
            if id_ not in noted
        ]
        if rows:
            db.execute(insert(deleted), rows)
    return list(found)


def note_gone(db: Connection, ids: Iterable[int]) -> None:
    """Their vectors are to go; there is nothing to bring back."""
    for some in batched(ids):
        db.execute(delete(deleted).where(deleted.c.id.in_(some)))
        db.execute(insert(deleted), [{"id": id_, "content": None, "until": 0.0} for id_ in some])


def carry_out(db: Connection, ids: Iterable[int], *, keep: bool = True) -> int:
    """The rows go; unless `keep` is false, scans leave their contents out of everywhere from now on."""
    gone = 0
    for some in batched(ids):
        if keep:
            there = exists().where(places.c.picture_id == pictures.c.id, places.c.root_id.is_not(None))
            query = select(pictures.c.sha256, pictures.c.size).where(pictures.c.id.in_(some), there)
            keep_out(db, [(sha256, "", size or 0) for sha256, size in db.execute(query) if sha256])
        gone += delete_rows(db, some)
    return gone


def keep_out(db: Connection, contents: Iterable[tuple[str, str, int]]) -> None:
    """Scans leave these contents out below a folder (`/<root id>/a/b`; empty: anywhere)."""
    wanted = {(sha256, below): size for sha256, below, size in contents}
    for some in batched(wanted):
        same = kept_out.c.sha256.in_([sha256 for sha256, _ in some])
        query = select(kept_out.c.sha256, kept_out.c.below).where(same)
        already = {(sha256, below) for sha256, below in db.execute(query)}
        rows = [
            {"sha256": sha256, "below": below, "size": wanted[sha256, below]}
            for sha256, below in some
            if (sha256, below) not in already
        ]
        if rows:
            db.execute(insert(kept_out), rows)


def let_in(db: Connection, sha256: str) -> None:
    """This content isn't kept out of anywhere any more: somebody brought it back."""
    db.execute(delete(kept_out).where(kept_out.c.sha256 == sha256))


def include(db: Connection, places: Iterable[Place]) -> None:
    for place in places:
        db.execute(delete(excluded).where(excluded.c.root_id == place.root_id, excluded.c.path == place.path))


def under_way(db: Connection) -> list[int]:
    """Ids of deletions that were begun and whose row is still there."""
    return list(db.scalars(select(deleted.c.id).join(pictures, pictures.c.id == deleted.c.id)))


def among(db: Connection, ids: Iterable[int]) -> set[int]:
    """Those of these ids that are noted as deleted."""
    query = select(deleted.c.id)
    return {id_ for some in batched(ids) for id_ in db.scalars(query.where(deleted.c.id.in_(some)))}


def over(db: Connection, now: float, limit: int) -> list[int]:
    """Ids whose time to undo is over, the first ones."""
    there = exists().where(pictures.c.id == deleted.c.id)
    query = select(deleted.c.id).where(deleted.c.until <= now, ~there)
    return list(db.scalars(query.order_by(deleted.c.until).limit(limit)))


def forget(db: Connection, ids: Iterable[int], now: float, discard: Discard) -> None:
    """Drop the notes, and what they keep: our own copies that no picture uses, and thumbnails of them."""
    for some in batched(ids):
        query = select(deleted).where(deleted.c.id.in_(some), deleted.c.until <= now)
        rows = db.execute(query).all()
        gone = [_restorable(row) for row in rows if row.content is not None]
        files = [place for was in gone for place in was.places if not _used(db, place)]
        contents = [sha256 for was in gone if (sha256 := _unused(db, was.picture.sha256)) is not None]
        discard(files, contents)
        db.execute(delete(deleted).where(deleted.c.id.in_([row.id for row in rows])))


def restorable(db: Connection, picture_id: int, now: float) -> Restorable | None:
    """None for what was never deleted, what is still there, and what is over."""
    if not 0 <= picture_id <= LARGEST_ID:
        return None
    row = db.execute(select(deleted.c.content, deleted.c.until).where(deleted.c.id == picture_id)).first()
    there = db.scalar(select(pictures.c.id).where(pictures.c.id == picture_id))
    if row is None or row.content is None or row.until <= now or there is not None:
        return None
    return _restorable(row)


def _restorable(row: Any) -> Restorable:
    content = json.loads(row.content)
    picture = Picture(**content["picture"] | {"labels": tuple(content["picture"]["labels"])})
    files = tuple(Place(root_id, path) for root_id, path in content["places"])
    return Restorable(picture, files, tuple(content["links"]), row.until)


def _used(db: Connection, place: Place) -> bool:
    return db.scalar(select(places.c.picture_id).where(places.c.place == place.key)) is not None


def _unused(db: Connection, sha256: str | None) -> str | None:
    used = sha256 and db.scalar(select(pictures.c.id).where(pictures.c.sha256 == sha256)) is not None
    return None if used else sha256


def _content(picture: Picture, where: list[Any]) -> str:
    files = [[row.root_id, row.path] for row in where if row.path is not None]
    links = [row.place for row in where if row.path is None]
    return json.dumps({"picture": asdict(picture), "places": files, "links": links})


def _places(db: Connection, ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    query = select(places.c.picture_id, places.c.place, places.c.root_id, places.c.path)
    for row in db.execute(query.where(places.c.picture_id.in_(ids)).order_by(places.c.place)):
        found.setdefault(row.picture_id, []).append(row)
    return found
