"""The places of pictures: where a content is, which place is the main one, and what follows when one goes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, select, update

from aggregate_service.catalogue.deletions import note_gone
from aggregate_service.catalogue.pictures import (
    NewRow,
    batched,
    delete_rows,
    insert_folders,
    insert_rows,
    place_row,
    take_ids,
)
from aggregate_service.catalogue.records import Facts, Known, Place, link_key
from aggregate_service.catalogue.tables import indexed, picture_folders, pictures, places

_PAGE = 5_000
_UNREAD = {"size": None, "mtime_ns": None, "sha256": None, "width": None, "height": None}

_SET_FACTS = (
    update(pictures)
    .where(pictures.c.id == bindparam("described"))
    .values({name: bindparam(name) for name in _UNREAD})
)
_TOUCH = update(places).where(places.c.place == bindparam("key")).values(mtime_ns=bindparam("written"))


def known_in_root(db: Connection, root_id: int, paths: Sequence[str]) -> dict[str, Known]:
    """Those of these files that the catalogue knows, by path."""
    rows = db.execute(_known(root_id).where(places.c.path.in_(paths)))
    return {row.path: Known(**row._asdict()) for row in rows}


def some_in_root(db: Connection, root_id: int, after: str | None) -> list[Known]:
    """The next files of a root, in the order of the database; none at its end."""
    query = _known(root_id).order_by(places.c.path).limit(_PAGE)
    rows = db.execute(query if after is None else query.where(places.c.path > after))
    return [Known(**row._asdict()) for row in rows]


def attach(db: Connection, picture_id: int, place: Place, mtime_ns: int | None) -> None:
    """One more place of this picture; whoever had it loses it."""
    owner = db.scalar(select(places.c.picture_id).where(places.c.place == place.key))
    if owner == picture_id:
        db.execute(update(places).where(places.c.place == place.key).values(mtime_ns=mtime_ns))
        return
    detach(db, [place.key])
    db.execute(insert(places), [place_row(picture_id, place, mtime_ns)])


def attach_link(db: Connection, picture_id: int, url: str) -> None:
    """A link names the content that it last led to; it holds none, so nothing else follows."""
    key = link_key(url)
    db.execute(delete(places).where(places.c.place == key))
    db.execute(insert(places), [{"place": key, "picture_id": picture_id}])


def detach(db: Connection, keys: Iterable[str]) -> list[int]:
    """Take files away. Another one takes over where the main one went.

    Pictures without any go, and are noted so that their vectors follow; returns their ids.
    """
    gone: list[int] = []
    for some in batched(keys, _PAGE):
        found = places.c.place.in_(some)
        touched = set(db.scalars(select(places.c.picture_id).where(found)))
        db.execute(delete(places).where(found))
        left = _files_of(db, touched)
        lost = sorted(touched - left.keys())
        note_gone(db, lost)
        delete_rows(db, lost)
        gone += lost
        _promote(db, left)
    return gone


def split_off(db: Connection, place: Place) -> int:
    """The file changed while others still have the old content: it becomes a picture of its own."""
    detach(db, [place.key])
    (new,) = take_ids(db, 1)
    insert_rows(db, [(new, NewRow(place, {}))])
    return new


def merge(db: Connection, picture_id: int, into: int, mtime_ns: int) -> None:
    """Both are the same content: the places go to one row, the other goes."""
    db.execute(update(places).where(places.c.picture_id == picture_id).values(mtime_ns=mtime_ns))
    db.execute(update(places).where(places.c.picture_id == picture_id).values(picture_id=into))
    note_gone(db, [picture_id])
    delete_rows(db, [picture_id])


def forget(db: Connection, ids: Iterable[int]) -> None:
    """Nothing that was read of them holds any more, and no vector of theirs."""
    for some in batched(ids):
        db.execute(delete(indexed).where(indexed.c.picture_id.in_(some)))
        db.execute(update(pictures).where(pictures.c.id.in_(some)).values(_UNREAD))


def set_facts(db: Connection, picture_id: int, facts: Facts) -> None:
    set_all_facts(db, {picture_id: facts})


def set_all_facts(db: Connection, read: Mapping[int, Facts]) -> None:
    """What was read of the main place of each of these pictures; those that are gone are left out."""
    columns = (pictures.c.id, pictures.c.root_id, pictures.c.path)
    for some in batched(read, _PAGE):
        mains = {id_: Place(*main) for id_, *main in db.execute(select(*columns).where(columns[0].in_(some)))}
        if mains:
            db.execute(_SET_FACTS, [{"described": id_} | vars(read[id_]) for id_ in mains])
            db.execute(
                _TOUCH, [{"key": main.key, "written": read[id_].mtime_ns} for id_, main in mains.items()]
            )


def touch(db: Connection, place: Place, mtime_ns: int) -> None:
    """The file was written again with the content that it had."""
    db.execute(update(places).where(places.c.place == place.key).values(mtime_ns=mtime_ns))


def _known(root_id: int) -> Select[Any]:
    other = places.alias()
    shared = exists().where(other.c.picture_id == places.c.picture_id, other.c.place != places.c.place)
    return (
        select(
            places.c.path,
            places.c.picture_id,
            pictures.c.size,
            places.c.mtime_ns,
            pictures.c.sha256,
            shared.label("shared"),
        )
        .join(pictures, pictures.c.id == places.c.picture_id)
        .where(places.c.root_id == root_id)
    )


def _files_of(db: Connection, ids: Iterable[int]) -> dict[int, dict[Place, int | None]]:
    """For each of these pictures its files and when they were written; a link isn't one."""
    files: dict[int, dict[Place, int | None]] = {}
    columns = (places.c.picture_id, places.c.root_id, places.c.path, places.c.mtime_ns)
    for some in batched(ids):
        query = select(*columns).where(places.c.picture_id.in_(some), places.c.path.is_not(None))
        for id_, root_id, path, mtime_ns in db.execute(query.order_by(places.c.place)):
            files.setdefault(id_, {})[Place(root_id, path)] = mtime_ns
    return files


def _promote(db: Connection, files: dict[int, dict[Place, int | None]]) -> None:
    """Where the main place isn't among the files any more, another becomes it."""
    for some in batched(files):
        query = select(pictures.c.id, pictures.c.root_id, pictures.c.path).where(pictures.c.id.in_(some))
        for id_, *main in db.execute(query).all():
            if Place(*main) not in files[id_]:
                # A folder of the user's before our own copy: it says where the picture is.
                place = min(files[id_], key=lambda place: place.root_id is None)
                _make_main(db, id_, place, files[id_][place])


def _make_main(db: Connection, picture_id: int, place: Place, mtime_ns: int | None) -> None:
    values = {"root_id": place.root_id, "path": place.path, "folder": place.folder, "mtime_ns": mtime_ns}
    db.execute(update(pictures).where(pictures.c.id == picture_id).values(values))
    db.execute(delete(picture_folders).where(picture_folders.c.picture_id == picture_id))
    insert_folders(db, [(picture_id, place.folder)])
