"""The portable list of pictures, `image_paths.json`: read into an empty catalogue, written after indexing."""

import json
import logging
from pathlib import Path, PurePosixPath

from aggregate_service.catalog import Catalog
from aggregate_service.durable import write_atomically

log = logging.getLogger("aggregate.portable")
ADOPT = "adopt_vectors"


def import_paths(catalog: Catalog, paths_file: Path) -> int:
    """Fill an empty catalogue from the list: ids are positions. Returns how many pictures came in.

    The search service imports the vectors (`index.faiss`) by itself; that they belong to these pictures is
    noted, so that the next index run takes them over instead of embedding everything again.
    """
    with catalog.transaction():
        if catalog.get("next_id") != "0" or not paths_file.is_file():
            return 0
        listed = _read(paths_file)
        seen: set[str] = set()
        rows = [_usable(path, seen) for path in listed]
        catalog.add(rows)
        catalog.put(ADOPT, "yes")
    log.info("%d pictures imported from %s", len(seen), paths_file)
    return len(seen)


def export_paths(catalog: Catalog, collection: str, paths_file: Path) -> None:
    paths = catalog.portable_paths(collection)
    write_atomically(paths_file, json.dumps(paths, ensure_ascii=False, indent=0).encode() + b"\n")


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


def is_plain_relative(path: str) -> bool:
    """True for `a/b.jpg`; False for absolute paths and any that climbs with `..`."""
    pure = PurePosixPath(path)
    return "\0" not in path and bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
