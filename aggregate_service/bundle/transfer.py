"""A collection out of one search service into a bundle, and from there into another: checked at both ends."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aggregate_service.bundle.api import Ids, MoveError, SearchApi, Vectors
from aggregate_service.bundle.bundle import Bundle, Manifest, writing
from aggregate_service.files.durable import write_atomically

Progress = Callable[[int, int], None]  # vectors done, of how many
_PART_BYTES = 32_000_000
_PART_ROWS = 8_192
_SAMPLE, _K = 100, 10
_SAME_SCORE = 1e-4  # two engines sum in another order


@dataclass(frozen=True)
class Moved:
    """`recall_at_10` is of a sample of the vectors, searched in their new place, against an exact search."""

    collection: str
    count: int
    recall_at_10: float


def export_bundle(
    api: SearchApi, path: Path, collection: str | None, paths: bytes | None, progress: Progress
) -> Manifest:
    """Write the bundle, with `paths` as its list of pictures.

    `MoveError` when the collection changed meanwhile, for then it is of no moment.
    """
    name = collection if collection is not None else api.default()
    before = _described(api, name)
    manifest = Manifest(name, before["encoder"], before["dimension"], before.get("catalogue"))
    with writing(path, manifest) as bundle:
        for ids in _pages(api, name, before["dimension"]):
            there, vectors = api.get(name, ids)
            if not np.array_equal(there, ids):
                raise MoveError(f"{name} changed while it was read: export it again when nothing writes")
            bundle.add(there, vectors)
            progress(bundle.manifest.count, before["count"])
        if paths is not None:
            bundle.add_paths(paths)
        after = _described(api, name)
        if after["generation"] != before["generation"] or bundle.manifest.count != after["count"]:
            raise MoveError(f"{name} changed while it was read: export it again when nothing writes")
    written = Bundle(path)
    written.verify()
    return written.manifest


def import_bundle(
    api: SearchApi, path: Path, collection: str | None, paths: Path | None, progress: Progress
) -> Moved:
    """Send the bundle; repeating it after a failure completes it. `MoveError` when not all of it is there."""
    bundle = Bundle(path)
    bundle.verify()
    manifest = bundle.manifest
    name = collection if collection is not None else manifest.collection
    _refuse_others(api, name, bundle)
    if paths is not None:
        _write_paths(bundle, paths)
    done = 0
    for ids, vectors in bundle.parts():
        api.upsert(name, manifest.encoder, ids, vectors, manifest.catalogue)
        done += len(ids)
        progress(done, manifest.count)
    return Moved(name, _same_ids(api, name, bundle), measured_recall(api, name, bundle))


def measured_recall(api: SearchApi, name: str, bundle: Bundle) -> float:
    """Of up to 100 of the bundle's vectors, which of their true 10 nearest the service finds.

    A neighbour counts as found by its score, for among equal pictures any will do.
    """
    sample = np.random.default_rng(0).choice(bundle.manifest.count, _SAMPLE)
    queries = _rows(bundle, np.unique(sample))
    exactly = _exact_scores(bundle, queries)
    found = [np.array(row) for row in api.search(name, queries, _K)]
    hits = [np.sum(row >= exact.min() - _SAME_SCORE) for row, exact in zip(found, exactly, strict=True)]
    return float(np.sum(hits) / exactly.size)


def _exact_scores(bundle: Bundle, queries: Vectors) -> Vectors:
    """The scores of each query's true nearest, part by part, so that a bundle may exceed the memory."""
    best = np.empty((len(queries), 0), np.float32)
    for _ids, vectors in bundle.parts():
        every = np.concatenate([best, queries @ vectors.T], axis=1)
        best = -np.sort(-every, axis=1)[:, :_K]
    return best


def _rows(bundle: Bundle, positions: Ids) -> Vectors:
    start, rows = 0, []
    for ids, vectors in bundle.parts():
        here = positions[(positions >= start) & (positions < start + len(ids))]
        rows.append(vectors[here - start])
        start += len(ids)
    return np.concatenate(rows)


def _described(api: SearchApi, name: str) -> dict[str, Any]:
    described = api.collection(name)
    if described is None:
        raise MoveError(f"{api.url} has no collection {name!r}")
    if not described["count"]:
        raise MoveError(f"{name} is empty: there's nothing to export")
    return described


def _pages(api: SearchApi, name: str, dimension: int) -> Iterator[Ids]:
    rows, after = rows_in_part(dimension), -1
    while len(page := api.ids(name, after, rows)):
        yield page
        after = int(page[-1])


def rows_in_part(dimension: int) -> int:
    return max(1, min(_PART_ROWS, _PART_BYTES // (4 * dimension)))


def _refuse_others(api: SearchApi, name: str, bundle: Bundle) -> None:
    """What is in the collection already must be of this encoder, this catalogue, and this bundle."""
    there = api.collection(name)
    if there is None:
        return
    if there["encoder"] != bundle.manifest.encoder:
        raise MoveError(
            f"{name} holds vectors of {there['encoder']!r}, and the bundle's are of "
            f"{bundle.manifest.encoder!r}: choose another name with --collection"
        )
    owner, ours = there.get("catalogue"), bundle.manifest.catalogue
    if owner != ours and (owner or there["count"]):
        raise MoveError(
            f"{name} belongs to {_owner(owner)}, and the bundle to {_owner(ours)}: choose another name with "
            "--collection"
        )
    if there["count"] and len(np.setdiff1d(_all_ids(api, name), _bundle_ids(bundle))):
        raise MoveError(f"{name} holds other vectors already: choose another name with --collection")


def _owner(catalogue: str | None) -> str:
    return "no catalogue" if catalogue is None else f"catalogue {catalogue!r}"


def _same_ids(api: SearchApi, name: str, bundle: Bundle) -> int:
    stored = _all_ids(api, name)
    described = _described(api, name)
    if not np.array_equal(stored, _bundle_ids(bundle)) or described["count"] != len(stored):
        raise MoveError(
            f"{name} holds {described['count']} vectors, not the bundle's {bundle.manifest.count}"
        )
    return len(stored)


def _all_ids(api: SearchApi, name: str) -> Ids:
    pages, after = [np.empty(0, np.int64)], -1
    while len(page := api.ids(name, after, 100_000)):
        pages.append(page)
        after = int(page[-1])
    return np.concatenate(pages)


def _bundle_ids(bundle: Bundle) -> Ids:
    return np.concatenate([ids for ids, _ in bundle.parts()] or [np.empty(0, np.int64)])


def _write_paths(bundle: Bundle, paths: Path) -> None:
    content = bundle.paths()
    if content is None:
        raise MoveError(f"{bundle.path} holds no image_paths.json")
    if paths.exists() and paths.read_bytes() != content:
        raise MoveError(f"{paths} is there already and differs: move it away first")
    write_atomically(paths, content)
