"""Moments from a random sample, for engines on the network, whose vectors aren't all read for it."""

from collections.abc import Callable
from threading import Event, Lock
from time import monotonic

from search_service.engines.arrays import Ids
from search_service.engines.base import IndexStats, VectorIndex
from search_service.moments import FEWEST, LARGEST, Moments

SAMPLE = 20_000  # vectors
_CHUNK = 2_048
_SECONDS = 3_600.0  # after which a sample is taken anew, even of a collection of the same size


class SampledMoments:
    """All vectors of a collection up to `size`; of a larger one, that many. Taken anew when the collection
    has grown or shrunk by a tenth, and once an hour."""

    def __init__(self, size: int = SAMPLE) -> None:
        self._size = size
        self.known: Moments | None = None
        self._one_at_a_time = Lock()
        self._last: IndexStats | None = None
        self._taken = 0.0

    def refresh(self, index: VectorIndex, sample: Callable[[int, int], Ids], stop: Event) -> None:
        """`sample` gives about so many random ids (first number) of that many (second number)."""
        with self._one_at_a_time:
            stats = index.stats()
            if index.dimension > LARGEST or not self._is_due(stats):
                return
            ids = index.ids() if stats.count <= self._size else sample(self._size, stats.count)
            moments = Moments.none(index.dimension)
            for start in range(0, len(ids), _CHUNK):
                if stop.is_set():
                    return
                moments = moments.plus(index.get(ids[start : start + _CHUNK])[1])
            self.known = moments if moments.count >= FEWEST else None
            self._last, self._taken = stats, monotonic()

    def _is_due(self, now: IndexStats) -> bool:
        """A small collection is read again after any change: that is quickly done."""
        last = self._last
        if last is None or now.count <= _CHUNK:
            return last is None or (now.count, now.generation) != (last.count, last.generation)
        return abs(now.count - last.count) * 10 > last.count or monotonic() - self._taken > _SECONDS
