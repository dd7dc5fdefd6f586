"""When a collection is searched exactly, when approximately, and with how many inverted lists."""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

from search_service.engines.faiss.flat import FaissFlat
from search_service.engines.faiss.ivf import FaissIvf

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
    """Inverted lists for so many vectors: 2 √n, so twice as many at four times the size.

    FAISS's advice is 4 to 16 √n; but every list that is probed costs a table of its own with these codes.
    At 200,000 and equal recall (0.992), 894 lists took 0.56 ms and 1,788 took 0.86 ms.
    """
    return max(1, min(2 * isqrt(count), 65_536, count))
