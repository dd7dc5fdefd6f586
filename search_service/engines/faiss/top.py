"""Exact ranking: the best of some vectors, or of more than fit into memory."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits
from search_service.engines.total_order import best_first, exact_scores

_CHUNK = 8192  # vectors in memory at a time


def exact_hits(
    queries: Vectors,
    ids: Ids,
    rows: NDArray[np.int64],
    read: Callable[[NDArray[np.int64]], Vectors],
    k: int,
) -> list[Hits]:
    """The `k` best of the ids, whose vectors `read` gives for their rows."""
    best = [Hits(np.empty(0, np.int64), np.empty(0, np.float32)) for _ in queries]
    for start in range(0, len(ids), _CHUNK):
        part = slice(start, start + _CHUNK)
        scores = exact_scores(queries, read(rows[part]))
        for i, hits in enumerate(best):
            of_part = best_first(ids[part], scores[i], k)
            best[i] = best_first(
                np.concatenate([hits.ids, of_part.ids]), np.concatenate([hits.scores, of_part.scores]), k
            )
    return best
