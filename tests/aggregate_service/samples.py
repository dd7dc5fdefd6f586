"""Short ways to fill a catalogue."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from aggregate_service.catalogue.catalog import EVERYTHING, Catalog, Facts, NewPicture, Picture, Place
from aggregate_service.files.image_store import ImageStore


def facts(content: str, mtime_ns: int = 20) -> Facts:
    """What reading a file with this content (a few letters of its hash) tells."""
    return Facts(size=10, mtime_ns=mtime_ns, sha256=content * (64 // len(content)), width=4, height=3)


def copy_of(content: str) -> Place:
    """Where our own copy of it lies."""
    sha256 = facts(content).sha256
    return Place(None, f"{sha256[:2]}/{sha256[2:4]}/{sha256}.jpg")


def keep(store: ImageStore, uploads: Path, data: bytes) -> tuple[Place, Facts]:
    """A copy of our own on disk, and what reading it tells."""
    sha256 = hashlib.sha256(data).hexdigest()
    place = Place(None, f"{sha256[:2]}/{sha256[2:4]}/{sha256}.png")
    (uploads / place.path).parent.mkdir(parents=True, exist_ok=True)
    (uploads / place.path).write_bytes(data)
    with store.open(place) as file:
        return place, store.facts(file)


def add_files(catalog: Catalog, *paths: str | None) -> list[int]:
    """Unread files of the first folder."""
    root = catalog.roots.first().id
    return catalog.add([None if path is None else Place(root, path) for path in paths])


def add(
    catalog: Catalog,
    content: str,
    path: str | None = None,
    *,
    labels: Sequence[str] = (),
    url: str | None = None,
) -> Picture:
    """A picture that was read: a file of the first folder, or, without a path, a copy of our own."""
    place = copy_of(content) if path is None else Place(catalog.roots.first().id, path)
    return catalog.add_content(NewPicture(place, facts(content), None, url, labels))[0]


def all_pictures(catalog: Catalog) -> list[Picture]:
    return list(catalog.pictures(catalog.matching_ids(EVERYTHING)).values())
