"""Exact ranking: the best of some vectors, or of more than fit into memory."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits

_CHUNK = 8192  # vectors in memory at a time


def best_first(ids: Ids, scores: Vectors, k: int) -> Hits:
    if k < len(scores):
        best = np.argpartition(-scores, k - 1)[:k]
        ids, scores = ids[best], scores[best]
    order = np.argsort(-scores, kind="stable")
    return Hits(ids[order], np.clip(scores[order], -1.0, 1.0))


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
        scores = queries @ read(rows[part]).T
        for i, hits in enumerate(best):
            of_part = best_first(ids[part], scores[i], k)
            best[i] = best_first(
                np.concatenate([hits.ids, of_part.ids]), np.concatenate([hits.scores, of_part.scores]), k
            )
    return best
