"""How far a hit stands out from what its query scores over the whole collection, as a number from 0 to 1.

docs/relevance.md says how it was measured, and how well it works.
"""

from collections.abc import Sequence

import numpy as np

from aggregate_service.clients.search import Spread
from aggregate_service.search.calibration import Curve, expected_best

_LEAST_DEVIATION = 1e-3
_DECIMALS = 4
"""More would say nothing, and would change with the order in which the collection's moments were summed."""


def relevances(scores: Sequence[float], spread: Spread | None, count: int, curve: Curve) -> list[float]:
    """Of the hits of one query among `count` pictures; without a spread, compared with a usual one.

    The best of n unrelated pictures lies about √(2 ln n) deviations above their mean (the expected largest of
    n normal variables): a hit counts for as much as it is beyond that, on a scale that was fitted.
    """
    usual = spread or Spread(mean=curve.mean, deviation=curve.deviation)
    given = np.asarray(scores, np.float64)
    standing = (given - usual.mean) / max(usual.deviation, _LEAST_DEVIATION)
    logits = curve.slope * (standing - expected_best(count)) + curve.cosine * given + curve.offset
    found = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    if curve.identical is not None:
        found = np.where(given >= curve.identical, 1.0, found)
    likely: list[float] = found.round(_DECIMALS).tolist()
    return likely


def is_close(score: float, relevance: float, count: int, curve: Curve) -> bool:
    """Whether a hit among `count` pictures is more than the best of what nothing answers."""
    if curve.floor is None:
        return relevance >= curve.nothing_close
    return score >= curve.floor.among(count)
