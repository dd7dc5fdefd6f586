"""When a collection is searched exactly, when approximately, and with how many inverted lists."""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

from search_service.indexes.faiss_flat import FaissFlat
from search_service.indexes.faiss_ivf import FaissIvf

Volatile = FaissFlat | FaissIvf
Kind = Literal["flat", "ivf"]


@dataclass(frozen=True)
class Sizing:
    exact_up_to: int = 50_000  # vectors
    recall_target: float = 0.98
    build_threads: int = 1

    def rebuild_as(self, index: Volatile) -> Kind | None:
        """What the index should be made anew as, if it's time."""
        count = index.stats().count
        if isinstance(index, FaissFlat):
            return "ivf" if count > self.exact_up_to else None
        if count < self.exact_up_to // 2:
            return "flat"
        outgrown = lists_for(count) >= 2 * index.codes.lists
        return "ivf" if outgrown or index.dead > count // 2 else None


def lists_for(count: int) -> int:
    """Inverted lists for so many vectors: 4 √n, FAISS's own advice; twice as many at four times the size."""
    return max(1, min(4 * isqrt(count), 65_536, count))
