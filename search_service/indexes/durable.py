"""An in-memory index that outlives the process: the store is written first, snapshots speed up the start."""

import logging
from dataclasses import replace
from threading import Lock

import numpy as np

from search_service.errors import BrokenSealError
from search_service.indexes.base import ANY_ID, Hits, IdFilter, Ids, IndexStats, VectorIndex, Vectors
from search_service.indexes.faiss_flat import FaissFlat
from search_service.snapshot import Snapshot
from search_service.store import CollectionRecord, Store

log = logging.getLogger(__name__)
_CHUNK = 8192  # vectors read from the store at a time


class DurableIndex(VectorIndex):
    """Joins the store (the truth), the index in memory, and its snapshot on disk.

    A write is on disk in the store before the index changes and before it is acknowledged. `_generation`
    is the store's generation that the index holds for certain; wherever it lags, `_catch_up` mends it.
    """

    def __init__(
        self, record: CollectionRecord, store: Store, snapshot: Snapshot, fresh: bool = False
    ) -> None:
        """Loads what is there; a `fresh` collection has no snapshot to miss."""
        self.dimension = record.dimension
        self._record, self._store, self._snapshot = record, store, snapshot
        self._one_writer, self._one_saver = Lock(), Lock()
        self._index, self._generation = (FaissFlat(self.dimension), 0) if fresh else self._from_snapshot()
        self._saved = self._generation
        self._catch_up()

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        with self._one_writer:
            self._catch_up()
            generation = self._store.put(self._record, ids, vectors)
            self._index.upsert(ids, vectors)
            self._generation = generation

    def remove(self, ids: Ids) -> int:
        with self._one_writer:
            self._catch_up()
            generation = self._store.delete(self._record, ids)
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
        of_index = self._index.stats()
        return replace(of_index, generation=self._generation)

    def save(self) -> None:
        """Write the snapshot if anything changed since the last one. Searches go on meanwhile."""
        with self._one_saver:
            with self._one_writer:
                generation = self._generation
                if generation == self._saved:
                    return
                data = self._index.dump()
            self._snapshot.write(data, generation)
            self._saved = generation

    def _from_snapshot(self) -> tuple[FaissFlat, int]:
        """The snapshot's index and its generation, or an empty index of generation 0."""
        name, stored = self._record.name, self._store.generation(self._record)
        try:
            data, generation = self._snapshot.read()
            if generation > stored:
                raise BrokenSealError(f"it is of generation {generation}, later than the store's {stored}")
            index = FaissFlat.restore(data)
            if index.dimension != self.dimension:
                raise BrokenSealError(f"it has {index.dimension} dimensions instead of {self.dimension}")
        except BrokenSealError as reason:
            log.warning("collection %s: snapshot not used (%s): rebuilding from the store", name, reason)
            return FaissFlat(self.dimension), 0
        return index, generation

    def _catch_up(self) -> None:
        """Bring the index to what the store holds: what was written since, and what was deleted."""
        current = self._store.generation(self._record)
        if current == self._generation:
            return
        changed = self._store.ids(self._record, since=self._generation)
        gone = np.setdiff1d(self._index.ids(), self._store.ids(self._record))
        if len(gone):
            self._index.remove(gone)
        for start in range(0, len(changed), _CHUNK):
            self._index.upsert(*self._store.get(self._record, changed[start : start + _CHUNK]))
        log.info(
            "collection %s: caught up from generation %d to %d (%d vectors written, %d removed)",
            self._record.name,
            self._generation,
            current,
            len(changed),
            len(gone),
        )
        self._generation = current
