"""The exact index in memory: inner product over every vector, guarded so that readers never meet a writer."""

from functools import partial

import faiss
import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, IndexStats, VectorIndex
from search_service.engines.faiss.threads import use_threads_for
from search_service.engines.readers_writer_lock import ReadersWriterLock
from search_service.engines.total_order import with_equals
from search_service.errors import BrokenSealError


class FaissFlat(VectorIndex):
    """`IndexIDMap2` over `IndexFlatIP`. Volatile: `dump` and `restore` are its way to disk and back.

    FAISS crashes when `search` runs beside `add` or `remove_ids`, so a write waits for the searches that
    run and holds back new ones (docs/decisions: readers-writer lock).
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._lock = ReadersWriterLock()
        self._writes = 0
        self._count = 0

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        with self._lock.writing():
            self._drop(ids)
            self._index.add_with_ids(vectors, ids)
            self._wrote()

    def remove(self, ids: Ids) -> int:
        with self._lock.writing():
            removed = self._drop(ids)
            self._wrote()
            return removed

    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        parameters, selector = faiss.SearchParameters(), _selector(only)
        parameters.sel = selector  # which keeps no reference: `selector` must live until the search is done
        use_threads_for(len(queries))
        with self._lock.reading():
            count = self._index.ntotal
            if count == 0:
                return [Hits(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
            return with_equals(partial(self._nearest, parameters), queries, min(k, count), k + 1, count)

    def _nearest(self, parameters: faiss.SearchParameters, queries: Vectors, count: int) -> list[Hits]:
        scores, ids = self._index.search(queries, count, params=parameters)
        found = ids >= 0
        return [
            Hits(row[keep], row_scores[keep])
            for row, row_scores, keep in zip(ids, scores, found, strict=True)
        ]

    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        with self._lock.reading():
            there = np.sort(ids[np.isin(ids, self._stored_ids())])
            if not len(there):
                return there, np.empty((0, self.dimension), np.float32)
            return there, self._index.reconstruct_batch(there)

    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        with self._lock.reading():
            stored = self._stored_ids()
        return np.sort(stored[stored > after])[:limit]

    def stats(self) -> IndexStats:
        count = self._count
        return IndexStats("flat", count, count * (4 * self.dimension + 8), self._writes, recall_at_10=1.0)

    def dump(self) -> NDArray[np.uint8]:
        """The index as FAISS would write it to a file: a copy, so that writers wait only for a memcpy."""
        with self._lock.reading():
            dumped: NDArray[np.uint8] = faiss.serialize_index(self._index)
            return dumped

    @classmethod
    def restore(cls, data: NDArray[np.uint8]) -> "FaissFlat":
        """The index that `dump`, or anyone's `faiss.write_index`, wrote. Check a checksum before this:
        FAISS reads most damaged files without complaint. `BrokenSealError` when it is another kind."""
        try:
            read = faiss.deserialize_index(data)
        except RuntimeError as error:
            raise BrokenSealError("FAISS can't read it") from error
        if not isinstance(read, faiss.IndexIDMap):
            raise BrokenSealError(f"it is a {type(read).__name__}, without ids")
        inner = faiss.downcast_index(read.index)
        if not isinstance(inner, faiss.IndexFlat) or read.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise BrokenSealError(f"its vectors are in an {type(inner).__name__}, not an IndexFlatIP")
        restored = cls(read.d)
        ids = faiss.vector_to_array(read.id_map)
        if len(ids) != inner.ntotal or len(np.unique(ids)) != len(ids) or (ids < 0).any():
            raise BrokenSealError("its ids aren't unique numbers from 0 up, one for each vector")
        if len(ids):
            restored._index.add_with_ids(inner.reconstruct_n(0, inner.ntotal), ids)
        restored._wrote()
        return restored

    def _stored_ids(self) -> Ids:
        stored: Ids = faiss.vector_to_array(self._index.id_map)
        return stored

    def _drop(self, ids: Ids) -> int:
        there = ids[np.isin(ids, self._stored_ids())]
        return int(self._index.remove_ids(faiss.IDSelectorBatch(there))) if len(there) else 0

    def _wrote(self) -> None:
        self._writes += 1
        self._count = self._index.ntotal


def _selector(only: IdFilter) -> faiss.IDSelector | None:
    """What FAISS asks of each vector. It keeps no reference to the parts: each holds its own."""
    denied = None if only.deny is None else faiss.IDSelectorNot(faiss.IDSelectorBatch(only.deny))
    if only.allow is None:
        return denied
    allowed = faiss.IDSelectorBatch(only.allow)
    return allowed if denied is None else faiss.IDSelectorAnd(allowed, denied)
