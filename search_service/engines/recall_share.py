"""recall@10 from scores: what part of the true nearest a search has found."""

from collections.abc import Sequence

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits

K = 10


def others(hits: Hits, own: int) -> Vectors:
    """The scores of up to ten hits of a stored vector that was searched with, without itself."""
    scores: Vectors = hits.scores[hits.ids != own][:K]
    return scores


def share_found(found: Sequence[Vectors], exact: Sequence[Vectors], same: float) -> float:
    """Scores are compared, not ids, so that one of two equal vectors is as good as the other.

    `same`: scores that differ by less are of equal vectors, or of rounding.
    """
    hits = sum(
        int((mine >= best[-1] - same).sum()) for mine, best in zip(found, exact, strict=True) if len(best)
    )
    return hits / max(1, sum(map(len, exact)))


def others_of_all(found: Sequence[Hits], own: Ids) -> list[Vectors]:
    return [others(hits, int(i)) for hits, i in zip(found, own, strict=True)]


def keep_best(best: Vectors, scores: Vectors, count: int) -> Vectors:
    """The `count` highest of each row of both, descending: for a search that reads part after part."""
    every = np.concatenate([best, scores], axis=1)
    kept: Vectors = -np.sort(-every, axis=1)[:, :count]
    return kept
