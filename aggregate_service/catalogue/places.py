"""The places of pictures: where a content is, whether its file is there, and what follows when one goes."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, select, update

from aggregate_service.catalogue.deletions import note_gone
from aggregate_service.catalogue.pictures import batched, delete_rows, folders_of, place_row
from aggregate_service.catalogue.records import Facts, Known, Place, link_key, sort_name
from aggregate_service.catalogue.tables import hidden, indexed, picture_folders, pictures, places

_PAGE = 5_000

_SET_FACTS = (
    update(pictures)
    .where(pictures.c.id == bindparam("described"))
    .values({name: bindparam(name) for name in Facts.COLUMNS})
)
_SEEN = (
    update(places)
    .where(places.c.place == bindparam("key"))
    .values(mtime_ns=bindparam("written"), ctime_ns=bindparam("changed"), lost_since=None, unreachable=False)
)


def known_in_root(db: Connection, root_id: int, paths: Sequence[str]) -> dict[str, Known]:
    """Those of these files that the catalogue knows, by path."""
    rows = db.execute(_known(root_id).where(places.c.path.in_(paths)))
    return {row.path: Known(**row._asdict()) for row in rows}


def some_in_root(db: Connection, root_id: int, after: str | None) -> list[Known]:
    """The next files of a root, in the order of the database; none at its end."""
    query = _known(root_id).order_by(places.c.path).limit(_PAGE)
    rows = db.execute(query if after is None else query.where(places.c.path > after))
    return [Known(**row._asdict()) for row in rows]


def attach(db: Connection, picture_id: int, place: Place, facts: Facts | None) -> None:
    """One more place of this picture, with its file; whoever had it loses it."""
    owner = db.scalar(select(places.c.picture_id).where(places.c.place == place.key))
    if owner is not None and owner != picture_id:
        detach(db, [place.key])
        owner = None
    if owner is None:
        db.execute(insert(places), [place_row(picture_id, place, None)])
    seen(db, {place: facts})


def attach_link(db: Connection, picture_id: int, url: str) -> None:
    """A link names the content that it last led to; it holds none, so nothing else follows."""
    key = link_key(url)
    db.execute(delete(places).where(places.c.place == key))
    db.execute(insert(places), [{"place": key, "picture_id": picture_id}])


def seen(db: Connection, files: Mapping[Place, Facts | None]) -> None:
    """These files are there, and were read; None: as before."""
    for some in batched(files, _PAGE):
        rows = []
        for place in some:
            facts = files[place]
            written, changed = (None, None) if facts is None else (facts.mtime_ns, facts.ctime_ns)
            rows.append({"key": place.key, "written": written, "changed": changed})
        db.execute(_SEEN, rows)
        keys = places.c.place.in_([place.key for place in some])
        settle(db, set(db.scalars(select(places.c.picture_id).where(keys))))


def found(db: Connection, keys: Collection[str]) -> None:
    """These places have their files again, unchanged since they were read."""
    for some in batched(keys, _PAGE):
        lost = places.c.place.in_(some) & places.c.lost_since.is_not(None)
        touched = set(db.scalars(select(places.c.picture_id).where(lost)))
        db.execute(update(places).where(lost).values(lost_since=None, unreachable=False))
        settle(db, touched)


def lose(db: Connection, keys: Iterable[str], *, unreachable: bool = False) -> list[int]:
    """No file was found there, or nobody could look (`unreachable`). The pictures that are hidden by that."""
    gone: list[int] = []
    now = time.time()
    for some in batched(keys, _PAGE):
        other = places.c.lost_since.is_(None) | (places.c.unreachable != unreachable)
        newly = places.c.place.in_(some) & other
        touched = set(db.scalars(select(places.c.picture_id).where(newly)))
        db.execute(update(places).where(newly).values(lost_since=now, unreachable=unreachable))
        gone += settle(db, touched)
    return gone


def detach(db: Connection, keys: Iterable[str]) -> list[int]:
    """These are no places of their pictures any more. The pictures that are hidden by that, or gone."""
    gone: list[int] = []
    for some in batched(keys, _PAGE):
        listed = places.c.place.in_(some)
        touched = set(db.scalars(select(places.c.picture_id).where(listed)))
        db.execute(delete(places).where(listed))
        gone += settle(db, touched)
    return gone


def merge(db: Connection, picture_id: int, into: int) -> None:
    """Both are the same content: the places go to one row, the other goes."""
    db.execute(update(places).where(places.c.picture_id == picture_id).values(picture_id=into))
    note_gone(db, [picture_id])
    delete_rows(db, [picture_id])
    settle(db, {into})


def move(db: Connection, place: Place, to: int) -> None:
    """The file has the content of another picture now: the place is that one's."""
    owner = db.scalar(select(places.c.picture_id).where(places.c.place == place.key))
    db.execute(update(places).where(places.c.place == place.key).values(picture_id=to))
    settle(db, {to} | ({owner} if owner is not None else set()))


def forget(db: Connection, ids: Iterable[int]) -> None:
    """No vector of theirs holds any more."""
    for some in batched(ids):
        db.execute(delete(indexed).where(indexed.c.picture_id.in_(some)))


def set_all_facts(db: Connection, read: Mapping[int, Facts]) -> None:
    """What was read of the main place of each of these pictures; those that are gone are left out."""
    columns = (pictures.c.id, pictures.c.root_id, pictures.c.path)
    for some in batched(read, _PAGE):
        mains = {id_: Place(*main) for id_, *main in db.execute(select(*columns).where(columns[0].in_(some)))}
        if mains:
            db.execute(_SET_FACTS, [{"described": id_} | read[id_].columns for id_ in mains])
            seen(db, {main: read[id_] for id_, main in mains.items()})


def settle(db: Connection, ids: Collection[int]) -> list[int]:
    """Bring pictures in step with their places: hidden without a file, shown with one, listed by folder.

    Returns those that were shown, and aren't now. One that was never read has nothing to keep: it goes.
    """
    gone: list[int] = []
    for some in batched(ids):
        files = _files_of(db, some)
        was = {row.picture_id: row for row in db.execute(select(hidden).where(hidden.c.picture_id.in_(some)))}
        there = {id_ for id_ in some if any(file.lost_since is None for file in files.get(id_, ()))}
        unread = _unread(db, [id_ for id_ in some if id_ not in there])
        note_gone(db, unread)
        delete_rows(db, unread)
        lost = [id_ for id_ in some if id_ not in there and id_ not in unread]
        _show(db, [id_ for id_ in was if id_ in there])
        _hide(
            db,
            {id_: files.get(id_, []) for id_ in lost},
            {id_ for id_, row in was.items() if row.unreachable},
        )
        gone += [*unread, *(id_ for id_ in lost if id_ not in was)]
        _promote(db, {id_: files[id_] for id_ in there})
        _list_folders(db, {id_: files.get(id_, []) for id_ in (*there, *lost)})
    return gone


def _known(root_id: int) -> Select[Any]:
    other = places.alias()
    shared = exists().where(
        other.c.picture_id == places.c.picture_id,
        other.c.place != places.c.place,
        other.c.path.is_not(None),
        other.c.lost_since.is_(None),
    )
    return (
        select(
            places.c.path,
            places.c.picture_id,
            pictures.c.size,
            places.c.mtime_ns,
            places.c.ctime_ns,
            pictures.c.sha256,
            pictures.c.pixels,
            places.c.lost_since,
            places.c.unreachable,
            shared.label("shared"),
        )
        .join(pictures, pictures.c.id == places.c.picture_id)
        .where(places.c.root_id == root_id)
    )


def _files_of(db: Connection, ids: Sequence[int]) -> dict[int, list[Any]]:
    """For each of these pictures its files, those that are there first; a link isn't one."""
    files: dict[int, list[Any]] = {}
    query = select(places).where(places.c.picture_id.in_(ids), places.c.path.is_not(None))
    for row in db.execute(query.order_by(places.c.lost_since.is_not(None), places.c.place)):
        files.setdefault(row.picture_id, []).append(row)
    return files


def _unread(db: Connection, ids: Sequence[int]) -> list[int]:
    """Never read, and without a vector: an imported picture has one, made elsewhere."""
    has_vector = exists().where(indexed.c.picture_id == pictures.c.id)
    unread = (pictures.c.id.in_(ids), pictures.c.sha256.is_(None), ~has_vector)
    return list(db.scalars(select(pictures.c.id).where(*unread))) if ids else []


def _show(db: Connection, ids: Sequence[int]) -> None:
    if ids:
        db.execute(delete(hidden).where(hidden.c.picture_id.in_(ids)))


def _hide(db: Connection, lost: Mapping[int, Sequence[Any]], before: Collection[int]) -> None:
    """Out of reach where one of its places is: it may be there. Missing since the last of them was.

    What was out of reach `before`, and has no place any more, stays so: another disk has a file of that name.
    """
    if not lost:
        return
    now = time.time()
    rows = [
        {
            "picture_id": id_,
            "since": max((file.lost_since for file in files), default=now),
            "unreachable": any(file.unreachable for file in files) if files else id_ in before,
        }
        for id_, files in lost.items()
    ]
    db.execute(delete(hidden).where(hidden.c.picture_id.in_(list(lost))))
    there = set(db.scalars(select(pictures.c.id).where(pictures.c.id.in_(list(lost)))))
    if rows := [row for row in rows if row["picture_id"] in there]:
        db.execute(insert(hidden), rows)


def _promote(db: Connection, files: Mapping[int, Sequence[Any]]) -> None:
    """Where the main place has no file any more, another becomes it."""
    if not files:
        return
    query = select(pictures.c.id, pictures.c.title, pictures.c.root_id, pictures.c.path)
    for id_, title, *main in db.execute(query.where(pictures.c.id.in_(list(files)))).all():
        here = {Place(file.root_id, file.path): file for file in files[id_] if file.lost_since is None}
        if Place(*main) not in here:
            # A folder of the user's before our own copy: it says where the picture is.
            place = min(here, key=lambda place: place.root_id is None)
            values = {"root_id": place.root_id, "path": place.path, "folder": place.folder}
            values |= {"mtime_ns": here[place].mtime_ns, "name": sort_name(title, place.path)}
            db.execute(update(pictures).where(pictures.c.id == id_).values(values))


def _list_folders(db: Connection, files: Mapping[int, Sequence[Any]]) -> None:
    """A picture that is hidden stays in the folders where it was."""
    if not files:
        return
    wanted = {
        (folder, id_)
        for id_, rows in files.items()
        for row in rows
        if row.lost_since is None or all(other.lost_since is not None for other in rows)
        for folder in folders_of(Place(row.root_id, row.path))
    }
    listed = picture_folders.c.picture_id.in_(list(files))
    query = select(picture_folders.c.folder, picture_folders.c.picture_id).where(listed)
    there = {(folder, id_) for folder, id_ in db.execute(query)}
    for folder, id_ in there - wanted:
        same = (picture_folders.c.folder == folder) & (picture_folders.c.picture_id == id_)
        db.execute(delete(picture_folders).where(same))
    if new := sorted(wanted - there):
        db.execute(insert(picture_folders), [{"folder": folder, "picture_id": id_} for folder, id_ in new])
