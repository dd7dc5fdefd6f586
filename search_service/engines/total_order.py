"""The one order of hits: best first, equal scores by ascending id, and no group of equals cut by chance."""

from collections.abc import Callable

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits

_FEW = 32  # queries; of more, a product of matrices is much faster


def exact_scores(queries: Vectors, vectors: Vectors) -> Vectors:
    """Each query's inner product with each vector: (q, d) and (n, d) make (q, n).

    Summed vector by vector for a few queries: a product of matrices rounds the same vector differently in
    different rows, and equal pictures would no longer score the same.
    """
    if len(queries) > _FEW:
        return np.asarray(queries @ vectors.T, np.float32)
    return np.asarray(np.einsum("qd,nd->qn", queries, vectors), np.float32)


def best_first(ids: Ids, scores: Vectors, k: int) -> Hits:
    """The first `k` of all of these, in the one order, whatever order they come in."""
    scores = np.clip(scores, -1.0, 1.0)
    if k < len(scores):
        kth = np.partition(scores, len(scores) - k)[len(scores) - k]
        ids, scores = ids[scores >= kth], scores[scores >= kth]
    order = np.lexsort((ids, -scores))[:k]
    return Hits(ids[order], scores[order])


def with_equals(
    nearest: Callable[[Vectors, int], list[Hits]], queries: Vectors, k: int, first: int, most: int
) -> list[Hits]:
    """The `k` best of each query, from an engine that chooses by chance among equal scores.

    `nearest` finds so many hits of these queries. It is asked for `first`, and for more (up to `most`) while
    the `k`th hit scores as much as the last one: equals of it may be missing then.
    """
    wanted = min(max(first, k + 1), most)
    found = nearest(queries, wanted)
    for position, query in enumerate(queries):
        reached = wanted
        while reached < most and _ends_in_equals(found[position], k, reached):
            reached = min(4 * reached, most)
            (found[position],) = nearest(query[np.newaxis], reached)
    return [best_first(hits.ids, hits.scores, k) for hits in found]


def _ends_in_equals(hits: Hits, k: int, wanted: int) -> bool:
    if len(hits) < wanted:
        return False
    scores = np.clip(hits.scores, -1.0, 1.0)
    return bool(scores.min() == np.partition(scores, len(scores) - k)[len(scores) - k])
