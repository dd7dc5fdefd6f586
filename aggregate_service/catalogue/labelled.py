"""What pictures are known to show, by their labels or their folders; and which ones a list of names means."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import PurePosixPath

from sqlalchemy import Connection, exists, select

from aggregate_service.catalogue.chosen import folder_keys
from aggregate_service.catalogue.pictures import batched
from aggregate_service.catalogue.tables import (
    hidden,
    picture_folders,
    picture_labels,
    pictures,
    places,
    roots,
)

_SEVERAL = -1


def with_labels(db: Connection) -> list[int]:
    """Rising ids of the pictures that have one and whose file is there."""
    there = ~exists().where(hidden.c.picture_id == picture_labels.c.picture_id)
    query = select(picture_labels.c.picture_id).where(there).distinct()
    return list(db.scalars(query.order_by(picture_labels.c.picture_id)))


def labels_of(db: Connection, ids: Iterable[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for some in batched(ids):
        query = select(picture_labels.c.picture_id, picture_labels.c.label)
        for id_, label in db.execute(query.where(picture_labels.c.picture_id.in_(some))):
            found[id_].add(label)
    return found


def in_folder(db: Connection, folder: str) -> list[int]:
    """Rising ids of the pictures in it, at any depth, whose file is there."""
    found: set[int] = set()
    for key in folder_keys(db, folder):
        there = ~exists().where(hidden.c.picture_id == picture_folders.c.picture_id)
        query = select(picture_folders.c.picture_id).where(picture_folders.c.folder == key, there)
        found.update(db.scalars(query))
    return sorted(found)


def subfolders_of(db: Connection, folder: str, ids: Collection[int]) -> dict[int, set[str]]:
    """For each of these pictures, the folders directly in `folder` that it lies in."""
    found: dict[int, set[str]] = {id_: set() for id_ in ids}
    for key in folder_keys(db, folder):
        above = f"{key}/"
        query = select(picture_folders.c.picture_id, picture_folders.c.folder)
        inside = picture_folders.c.folder.startswith(above, autoescape=True)
        for id_, path in db.execute(query.where(inside)):
            name = path.removeprefix(above)
            if id_ in found and name != path and "/" not in name:  # SQLite's LIKE doesn't mind case
                found[id_].add(name)
    return found


def find_named(db: Connection, names: Collection[str]) -> dict[str, int]:
    """The picture that each name means, of those whose file is there.

    A name is a path, absolute or in its folder, a title or a link; else the last part of it, where only one
    picture is called so.
    """
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    last_parts = {_last(name) for name in names}
    for id_, forms in _forms(db):
        for form in forms:
            if form in names:
                _note(exact, form, id_)
            if (last := _last(form)) in last_parts:
                _note(loose, last, id_)
    meant = {name: exact.get(name, loose.get(_last(name), _SEVERAL)) for name in names}
    return {name: id_ for name, id_ in meant.items() if id_ != _SEVERAL}


def _forms(db: Connection) -> Iterator[tuple[int, list[str]]]:
    """Whatever a picture is called, several times for one picture."""
    there = ~exists().where(hidden.c.picture_id == places.c.picture_id)
    query = select(places.c.picture_id, places.c.path, roots.c.path.label("root"))
    joined = places.join(roots, roots.c.id == places.c.root_id)
    for id_, path, root in db.execute(query.select_from(joined).where(there)):
        yield id_, [path, f"{root}/{path}"]
    there = ~exists().where(hidden.c.picture_id == pictures.c.id)
    for id_, *names in db.execute(
        select(pictures.c.id, pictures.c.title, pictures.c.source_url).where(there)
    ):
        yield id_, [name for name in names if name]


def _note(found: dict[str, int], name: str, id_: int) -> None:
    found[name] = id_ if found.get(name, id_) == id_ else _SEVERAL


def _last(name: str) -> str:
    return PurePosixPath(name).name
