"""Deleting what lies in a folder: pictures leave it, and only those that lie nowhere else go."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from aggregate_service.catalogue.deletions import keep_out
from aggregate_service.catalogue.pictures import batched, folders_of
from aggregate_service.catalogue.places import detach
from aggregate_service.catalogue.records import Place
from aggregate_service.catalogue.tables import pictures, places


def leave(db: Connection, ids: Iterable[int], folders: Sequence[str]) -> list[int]:
    """`folders` as `picture_folders` lists them; scans keep the contents out of these from now on.

    The ids of the pictures whose files all lie there: they are to be deleted.
    """
    alone: list[int] = []
    for some in batched(ids):
        files: dict[int, list[tuple[Place, str, bool]]] = {}
        contents: list[tuple[str, str, int]] = []
        query = (
            select(places.c.picture_id, places.c.root_id, places.c.path, places.c.lost_since)
            .add_columns(pictures.c.sha256, pictures.c.size)
            .join(pictures, pictures.c.id == places.c.picture_id)
            .where(places.c.picture_id.in_(some), places.c.path.is_not(None))
        )
        for row in db.execute(query):
            place = Place(row.root_id, row.path)
            below = _below(place, folders)
            files.setdefault(row.picture_id, []).append((place, below, row.lost_since is None))
            if below and row.sha256:
                contents.append((row.sha256, below, row.size or 0))
        keep_out(db, contents)
        for id_ in some:
            found = files.get(id_, [])
            if any(there and not below for _, below, there in found):
                detach(db, [place.key for place, below, _ in found if below])
            else:
                alone.append(id_)
    return alone


def _below(place: Place, folders: Sequence[str]) -> str:
    """The folder with its root that the place lies in; empty outside of all of them."""
    listed = set(folders_of(place))
    return next(
        (at if at.startswith("/") else f"/{place.root_id}/{at}" for at in folders if at in listed), ""
    )
