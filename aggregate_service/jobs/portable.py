"""The portable list of pictures, `image_paths.json`: read into an empty catalogue, written after indexing."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog, Place
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.catalogue.pictures import batched
from aggregate_service.files.durable import write_atomically
from aggregate_service.files.storage import Storage, is_plain_relative

log = logging.getLogger("aggregate.portable")
_AT_ONCE = 1_000
ADOPT = "adopt_vectors"
_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.\w+", re.ASCII)


@dataclass(frozen=True)
class Portable:
    """`paths_file` is the list; our own copies of pictures lie in `uploads`."""

    catalog: Catalog
    gallery: Gallery
    paths_file: Path
    uploads: Storage

    def import_into_empty(self) -> int:
        """Fill an empty catalogue from the list: ids are positions. Returns how many pictures came in.

        The search service imports the vectors (`index.faiss`) by itself; that they belong to these pictures
        is noted, so that the next scan takes them over instead of embedding everything again. Relative paths
        are of the first folder that is indexed, but for those of our own copies.
        """
        if not self.paths_file.is_file():
            return 0
        with self.catalog.transaction():
            self.catalog.add([])  # another process that starts now waits here
            if self.catalog.get("next_id") != "0":
                return 0
            root = self.catalog.roots.first()
            seen: set[str] = set()
            usable = [_usable(path, seen) for path in _read(self.paths_file)]
            copies = _Copies(self.paths_file, self.uploads)
            self.catalog.add(
                [path if path is None else copies.of(path) or Place(root.id, path) for path in usable]
            )
            self.catalog.put(ADOPT, "yes")
        log.info("%d pictures imported from %s", len(seen), self.paths_file)
        return len(seen)

    def export(self, collection: str) -> None:
        write_atomically(self.paths_file, b"".join(self.json(collection)))

    def json(self, collection: str) -> Iterator[bytes]:
        """What the file holds, in parts: relative paths for the first folder; other places relative to the
        file's own folder, or absolute.
        """
        first, between = self.catalog.roots.first().id, "["
        for some in batched(self.catalog.portable(collection), _AT_ONCE):
            part = (json.dumps(self._written(place, first), ensure_ascii=False) for place in some)
            yield f"{between}\n{(',' + chr(10)).join(part)}".encode()
            between = ","
        yield b"\n]\n" if between == "," else b"[]\n"

    def _written(self, place: Place | None, first: int) -> str | None:
        if place is None or place.root_id == first:
            return None if place is None else place.path
        if place.root_id is None:
            return self.uploads.seen_from(self.paths_file.parent, place.path)
        folder = self.gallery.folder(place.root_id).resolve()
        return _relative(folder / place.path, self.paths_file.parent.resolve())


class _Copies:
    """Entries that name a picture of our own store: they lie in UPLOAD_DIR under their content's hash."""

    def __init__(self, paths_file: Path, uploads: Storage) -> None:
        self._uploads = uploads
        self._below = uploads.seen_from(paths_file.parent, "x").removesuffix("x")

    def of(self, path: str) -> Place | None:
        if not path.startswith(self._below):
            return None
        stored = path.removeprefix(self._below)
        if not _STORED.fullmatch(stored) or not self._uploads.locate(stored).is_file():
            return None
        return Place(None, stored)


def _relative(file: Path, above: Path) -> str:
    return (file.relative_to(above) if file.is_relative_to(above) else file).as_posix()


def _read(paths_file: Path) -> list[object]:
    try:
        listed = json.loads(paths_file.read_bytes())
    except ValueError as error:
        log.error("%s isn't JSON and is ignored: %s", paths_file, error)
        return []
    if not isinstance(listed, list):
        log.error("%s isn't a JSON list of paths and is ignored", paths_file)
        return []
    return listed


def _usable(path: object, seen: set[str]) -> str | None:
    """The path when it may become a row; None leaves its id unused."""
    if path is None:
        return None
    if not isinstance(path, str) or not is_plain_relative(path) or path in seen:
        log.warning("%r in the list of pictures isn't a relative path of its own: left out", path)
        return None
    seen.add(path)
    return path
