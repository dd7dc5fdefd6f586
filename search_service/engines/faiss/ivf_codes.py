"""The approximate half of a search: which rows may be the nearest, from one bit a dimension in memory."""

from collections.abc import Iterator
from threading import Event
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Vectors
from search_service.engines.faiss.row_file import Rows
from search_service.engines.faiss.threads import use_threads, use_threads_for
from search_service.engines.readers_writer_lock import ReadersWriterLock
from search_service.errors import BrokenSealError

_ROUNDS = 10  # of k-means; FAISS's own number for inverted lists
_SLICE = 128  # vectors added at a time: what a search may have to wait for


class IvfCodes:
    """FAISS's inverted lists of RaBitQ codes (Gao and Long, SIGMOD 2024), scanned 32 at a time.

    A random rotation first spreads what a few large dimensions hold, and pads to what the scan needs.
    Its lists aren't safe to read while they grow: a readers-writer lock, held for a slice at a time.
    """

    def __init__(self, index: faiss.IndexPreTransform) -> None:
        self._index = index
        self._ivf = faiss.extract_index_ivf(index)
        self._lock = ReadersWriterLock()

    @classmethod
    def trained(cls, sample: Vectors, lists: int, stop: Event) -> "IvfCodes | None":
        """Lists around the centres of the sample; `None` when it was told to stop."""
        dimension = sample.shape[1]
        padded = -(-dimension // 64) * 64
        kind = f"RR{padded},IVF{lists},RaBitQfs"
        index: Any = faiss.index_factory(dimension, kind, faiss.METRIC_L2)
        rotation = index.chain.at(0)
        rotation.train(sample)
        centres = _centres(rotation.apply(sample), lists, stop)
        if centres is None:
            return None
        faiss.extract_index_ivf(index).quantizer.add(centres)
        index.train(sample)
        return cls(index)

    @property
    def lists(self) -> int:
        return int(self._ivf.nlist)

    @property
    def count(self) -> int:
        return int(self._index.ntotal)

    @property
    def bytes(self) -> int:
        """Codes and row numbers, half a block of padding a list, centres, rotation."""
        codes = self.count * (self._ivf.code_size + 8) + self.lists * 16 * self._ivf.code_size
        return int(codes + 4 * self._ivf.d * (self.lists + self._index.d))

    def add(self, vectors: Vectors, first: int) -> None:
        """The vectors of the rows from `first` on."""
        use_threads(1)
        for start in range(0, len(vectors), _SLICE):
            part = vectors[start : start + _SLICE]
            rows = np.arange(first + start, first + start + len(part))
            with self._lock.writing():
                self._index.add_with_ids(part, rows)

    def fill(self, vectors: Vectors, first: int) -> None:
        """As `add`, faster, while nobody searches yet."""
        self._index.add_with_ids(vectors, np.arange(first, first + len(vectors)))

    def candidates(self, queries: Vectors, probed: int, count: int) -> Iterator[Rows]:
        """For each query, about `count` rows from its `probed` nearest lists."""
        use_threads_for(len(queries))
        of_lists, parameters = faiss.SearchParametersIVF(), faiss.SearchParametersPreTransform()
        of_lists.nprobe = min(probed, self.lists)
        parameters.index_params = of_lists  # keeps no reference: `of_lists` must live as long
        with self._lock.reading():
            if self.count == 0:
                return iter([np.empty(0, np.int64)] * len(queries))
            count = min(count, self.count)
            _, rows = self._index.search(queries, count, params=parameters)
        return (row[row >= 0] for row in rows)

    def dump(self) -> NDArray[np.uint8]:
        with self._lock.reading():
            dumped: NDArray[np.uint8] = faiss.serialize_index(self._index)
            return dumped

    @classmethod
    def restore(cls, data: NDArray[np.uint8]) -> "IvfCodes":
        """What `dump` wrote; the caller has checked its checksum."""
        try:
            read = faiss.deserialize_index(data)
        except RuntimeError as error:
            raise BrokenSealError("FAISS can't read it") from error
        if not isinstance(read, faiss.IndexPreTransform):
            raise BrokenSealError(f"it is a {type(read).__name__}, not an IndexPreTransform")
        return cls(read)


def _centres(sample: Vectors, lists: int, stop: Event) -> Vectors | None:
    """k-means a round at a time, so that a service that stops needn't wait for all of them."""
    centres = None
    for seed in range(_ROUNDS):
        means = faiss.Kmeans(
            sample.shape[1],
            lists,
            niter=1,
            seed=seed,
            min_points_per_centroid=1,
            max_points_per_centroid=len(sample),
        )
        means.train(sample, init_centroids=centres)
        centres = means.centroids
        if stop.is_set():
            return None
    return centres
