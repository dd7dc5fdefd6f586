"""Rankings against what is relevant: trec_eval's measures of each query, and how sure their means are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytrec_eval
from numpy.typing import NDArray

MEASURES = ("precision", "recall", "ndcg", "map", "mrr")
"""precision@k, recall@k, nDCG@k; means of average precision and of 1 / the rank of the first right answer."""
DEPTH = 1_000
"""How far down a ranking is looked at, as trec_eval does (`-M 1000`): what comes later isn't found."""
_RESAMPLES = 2_000
_IN_95_PERCENT = (2.5, 97.5)
_QUERIES_AT_ONCE = 100
_RIGHT_ANSWERS_AT_ONCE = 200_000  # that trec_eval is told of, as strings
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]
Order = NDArray[np.intp]


def ranked(queries: Vectors, gallery: Vectors, own: Sequence[int] | None = None) -> Order:
    """Columns of the gallery (n, d), nearest first, for each query (q, d): (q, up to `DEPTH`).

    `own[i]` is the column of the query itself, which isn't among its answers. Equal scores: by column.
    """
    depth = min(DEPTH, len(gallery) - (own is not None))
    order = np.empty((len(queries), depth), np.intp)
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        part = slice(start, start + _QUERIES_AT_ONCE)
        scores = queries[part] @ gallery.T
        if own is not None:
            scores[np.arange(len(scores)), np.asarray(own[part])] = -np.inf
        order[part] = np.argsort(-scores, axis=1, kind="stable")[:, :depth]
    return order


@dataclass(frozen=True)
class Asked:
    """One query: the row of its ranking, and the columns that are right answers to it."""

    row: int
    relevant: NDArray[np.intp]


def judged(order: Order, asked: Sequence[Asked], k: int) -> Floats:
    """The measures of each query that is asked, (queries, measures), by trec_eval."""
    names = {f"P.{k}", f"recall.{k}", f"ndcg_cut.{k}", "map", "recip_rank"}
    keys = (f"P_{k}", f"recall_{k}", f"ndcg_cut_{k}", "map", "recip_rank")
    values = np.empty((len(asked), len(MEASURES)))
    most = max((len(query.relevant) for query in asked), default=1)
    at_once = max(1, min(_QUERIES_AT_ONCE, _RIGHT_ANSWERS_AT_ONCE // most))
    for start in range(0, len(asked), at_once):
        part = asked[start : start + at_once]
        runs = {query.row: _run(order[query.row]) for query in part}
        right = {
            str(place): {str(column): 1 for column in query.relevant} for place, query in enumerate(part)
        }
        found = pytrec_eval.RelevanceEvaluator(right, names).evaluate(
            {str(place): runs[query.row] for place, query in enumerate(part)}
        )
        for place in range(len(part)):
            values[start + place] = [found[str(place)][key] for key in keys]
    return values


def _run(columns: Order) -> dict[str, float]:
    """Scores that fall by rank: where cosines tie, trec_eval would make an order of its own."""
    return {str(column): float(len(columns) - rank) for rank, column in enumerate(columns)}


def chance(relevant: Sequence[int], gallery: int) -> float:
    """The precision of answers that are drawn at random."""
    return float(np.mean(relevant) / gallery)


def best_possible(relevant: Sequence[int], k: int) -> float:
    """The precision@k of an encoder that makes no mistake: some queries have less than k right answers."""
    return float(np.minimum(relevant, k).mean() / k)


@dataclass(frozen=True)
class Mean:
    """Of a measure over queries; `low` to `high` is its 95 % interval, unknown for a single query."""

    value: float
    low: float | None = None
    high: float | None = None


def means(values: Floats, seed: int = 0) -> list[Mean]:
    """Of each column, with a percentile bootstrap over the rows."""
    middle = values.mean(axis=0)
    if len(values) < 2:
        return [Mean(float(value)) for value in middle]
    low, high = np.percentile(_resampled(values, seed), _IN_95_PERCENT, axis=0)
    return [Mean(*map(float, each)) for each in zip(middle, low, high, strict=True)]


def _resampled(values: Floats, seed: int) -> Floats:
    """The means of as many rows as there are, drawn with repetition: (resamples, columns)."""
    drawn = np.random.default_rng(seed).integers(0, len(values), (_RESAMPLES, len(values)))
    return np.stack([column[drawn].mean(axis=1) for column in values.T], axis=1)
