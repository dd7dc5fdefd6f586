"""An in-memory index that outlives the process: the store is written first, snapshots speed up the start."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, IndexStats, VectorIndex
from search_service.engines.faiss.building import build_ivf
from search_service.engines.faiss.flat import FaissFlat
from search_service.engines.faiss.ivf import FaissIvf
from search_service.engines.faiss.recall import keep_recall
from search_service.engines.faiss.row_file import RowFile
from search_service.engines.faiss.sizing import Kind, Sizing, Volatile
from search_service.engines.faiss.snapshot import Saved, Snapshot
from search_service.engines.faiss.store import CollectionRecord, Store
from search_service.engines.faiss.store_moments import StoreMoments
from search_service.errors import BrokenSealError
from search_service.moments import Moments

log = logging.getLogger(__name__)
_CHUNK = 8192  # vectors read from the store at a time


class DurableIndex(VectorIndex):
    """Joins the store (the truth), the index in memory, and its snapshot on disk.

    A write is on disk in the store before the index changes and before it is acknowledged. `_generation`
    is the store's generation that the index holds for certain; wherever it lags, `_catch_up` mends it.
    """

    def __init__(
        self,
        record: CollectionRecord,
        store: Store,
        snapshot: Snapshot,
        sizing: Sizing = Sizing(),  # noqa: B008  (frozen)
        fresh: bool = False,
    ) -> None:
        """Loads what is there; a `fresh` collection has no snapshot to miss."""
        self.dimension = record.dimension
        self._record, self._store, self._snapshot, self._sizing = record, store, snapshot, sizing
        self._one_writer, self._one_saver, self._one_keeper = Lock(), Lock(), Lock()
        self._moments = StoreMoments(record, store, self._one_writer)
        self._index: Volatile
        self._index, self._generation = (FaissFlat(self.dimension), 0) if fresh else self._from_snapshot()
        self._saved = self._generation
        self._snapshot.delete_rows(keep=_rows_of(self._index))
        self._catch_up()
        if fresh:
            self._moments.read(Event())

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        with self._one_writer:
            self._catch_up()
            replaced = self._moments.replaced(ids)
            generation = self._store.put(self._record, ids, vectors)
            self._moments.changed(replaced, ids, vectors)
            self._index.upsert(ids, vectors)
            self._generation = generation

    def remove(self, ids: Ids) -> int:
        with self._one_writer:
            self._catch_up()
            gone = self._moments.replaced(ids)
            generation = self._store.delete(self._record, ids)
            self._moments.changed(gone, ids[:0], np.empty((0, self.dimension), np.float32))
            removed = self._index.remove(ids)
            self._generation = generation
            return removed

    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        return self._index.search(queries, k, only)

    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        return self._store.get(self._record, ids)

    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        return self._store.ids(self._record, after=after, limit=limit)

    def stats(self) -> IndexStats:
        return replace(self._index.stats(), generation=self._generation)

    def moments(self) -> Moments | None:
        return self._moments.known

    def measure(self, stop: Event) -> None:
        self._moments.read(stop)

    def maintain(self, stop: Event) -> None:
        """Change between exact and approximate when the size asks for it, and keep recall on its target."""
        with self._one_keeper:
            with self._one_writer:
                self._catch_up()
            kind = self._sizing.rebuild_as(self._index)
            if kind is not None:
                self._rebuild(kind, stop)
            if isinstance(self._index, FaissIvf) and not stop.is_set():
                keep_recall(self._index, self._sizing.recall_target, stop)

    def save(self) -> None:
        """Write the snapshot if anything changed since the last one. Searches go on meanwhile."""
        with self._one_saver:
            with self._one_writer:
                index, generation = self._index, self._generation
                if generation == self._saved:
                    return
                rows = _rows_of(index)
                saved = Saved(index.dump(), generation, index.stats().kind, rows.name if rows else None)
            self._snapshot.write(saved)
            self._saved = generation

    def _from_snapshot(self) -> tuple[Volatile, int]:
        """The snapshot's index and its generation, or an empty index of generation 0."""
        name, stored = self._record.name, self._store.generation(self._record)
        try:
            saved = self._snapshot.read()
            if saved.generation > stored:
                raise BrokenSealError(
                    f"it is of generation {saved.generation}, later than the store's {stored}"
                )
            index = self._restored(saved)
            if index.dimension != self.dimension:
                raise BrokenSealError(f"it has {index.dimension} dimensions instead of {self.dimension}")
        except BrokenSealError as reason:
            log.warning("collection %s: snapshot not used (%s): rebuilding from the store", name, reason)
            return FaissFlat(self.dimension), 0
        return index, saved.generation

    def _restored(self, saved: Saved) -> Volatile:
        match saved.kind, saved.rows:
            case "flat", None:
                return FaissFlat.restore(saved.data)
            case "ivf", str():
                return FaissIvf.restore(saved.data, self._snapshot.rows(saved.rows), self.dimension)
            case _:
                raise BrokenSealError(f"it is of an unknown kind, {saved.kind}")

    def _rebuild(self, kind: Kind, stop: Event) -> None:
        """Make another index of what is stored, let it catch up, and put it in the place of this one."""
        generation = self._store.generation(self._record)
        rows = None if kind == "flat" else self._snapshot.rows()
        before = _rows_of(self._index)
        try:
            index = self._built(rows, stop)
            if index is None:
                return
            generation = self._caught_up(index, generation)  # most of it, before writers have to wait
            with self._one_writer:
                self._generation = self._caught_up(index, generation)
                self._index = index
                self._saved = -1  # the snapshot is another index's
        finally:
            if rows is not None and rows != _rows_of(self._index):
                rows.unlink(missing_ok=True)
        self.save()
        if before is not None:
            before.unlink(missing_ok=True)

    def _built(self, rows: Path | None, stop: Event) -> Volatile | None:
        if rows is not None:
            return build_ivf(self._stored(), RowFile(rows, self.dimension), self._sizing, stop)
        flat = FaissFlat(self.dimension)
        for ids, vectors in self._stored():
            flat.upsert(ids, vectors)
        return flat

    def _stored(self, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """What was written after that generation and is still there, some at a time."""
        changed = self._store.ids(self._record, since=since)
        for start in range(0, len(changed), _CHUNK):
            yield self._store.get(self._record, changed[start : start + _CHUNK])

    def _catch_up(self) -> None:
        """Bring the index to what the store holds: what was written since, and what was deleted."""
        self._generation = self._caught_up(self._index, self._generation)

    def _caught_up(self, index: Volatile, generation: int) -> int:
        current = self._store.generation(self._record)
        if current == generation:
            return current
        gone = np.setdiff1d(index.ids(), self._store.ids(self._record))
        if len(gone):
            index.remove(gone)
        written = 0
        for ids, vectors in self._stored(since=generation):
            index.upsert(ids, vectors)
            written += len(ids)
        log.info(
            "collection %s: caught up from generation %d to %d (%d vectors written, %d removed)",
            self._record.name,
            generation,
            current,
            written,
            len(gone),
        )
        return current


def _rows_of(index: Volatile) -> Path | None:
    return index.file.path if isinstance(index, FaissIvf) else None
