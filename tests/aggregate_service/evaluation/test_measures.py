"""The measures agree with another library's, ties go by the gallery's order, intervals hold the truth."""

import numpy as np
import pytest
import torch
from torchmetrics.functional import retrieval

from aggregate_service.evaluation import measures
from aggregate_service.evaluation.measures import (
    MEASURES,
    Asked,
    best_possible,
    chance,
    judged,
    means,
    ranked,
)

RNG = np.random.default_rng(7)


def vectors(count: int, dimension: int = 6) -> np.ndarray:
    made = RNG.normal(size=(count, dimension)).astype(np.float32)
    return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("k", [1, 5, 10])
def test_another_library_says_the_same(k: int) -> None:
    gallery, queries = vectors(60), vectors(20)
    relevant = RNG.random((20, 60)) < 0.12
    relevant[:, 0] |= ~relevant.any(axis=1)
    scores = torch.from_numpy(queries @ gallery.T) + 2  # it takes what scores less than 0 for not found
    target = torch.from_numpy(relevant)
    asked = [Asked(row, np.flatnonzero(relevant[row])) for row in range(20)]
    ours = judged(ranked(queries, gallery), asked, k)
    theirs = [
        [
            retrieval.retrieval_precision(scores[row], target[row], top_k=k),
            retrieval.retrieval_recall(scores[row], target[row], top_k=k),
            retrieval.retrieval_normalized_dcg(scores[row], target[row], top_k=k),
            retrieval.retrieval_average_precision(scores[row], target[row]),
            retrieval.retrieval_reciprocal_rank(scores[row], target[row]),
        ]
        for row in range(20)
    ]
    assert ours == pytest.approx(np.array(theirs, float), abs=1e-5)


def test_what_ties_stands_in_the_gallerys_order_and_no_query_finds_itself() -> None:
    same = np.tile(vectors(1), (4, 1))
    assert ranked(same, same, own=[0, 1, 2, 3]).tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]
    assert ranked(same[:1], same).tolist() == [[0, 1, 2, 3]]


def test_known_values() -> None:
    order = np.array([[3, 1, 0, 2]])
    (values,) = judged(order, [Asked(0, np.array([1, 2]))], 2)
    found = dict(zip(MEASURES, values, strict=True))
    assert found["precision"] == found["recall"] == found["mrr"] == pytest.approx(0.5)
    assert found["map"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    assert found["ndcg"] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))


def test_what_lies_deeper_than_is_looked_isnt_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "DEPTH", 2)
    order = ranked(np.array([[1, 0]], np.float32), np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32))
    (values,) = judged(order, [Asked(0, np.array([0, 2]))], 1)
    assert dict(zip(MEASURES, values, strict=True))["map"] == pytest.approx(0.5)


def test_chance_and_the_best_possible() -> None:
    assert chance([2, 4], 30) == pytest.approx(0.1)
    assert best_possible([1, 3, 9], 5) == pytest.approx((1 + 3 + 5) / 15)


def test_an_interval_holds_its_mean_narrows_with_queries_and_is_the_same_each_time() -> None:
    few, many = RNG.random((20, 5)), RNG.random((400, 5))
    for values in (few, many):
        for mean in means(values):
            assert mean.low is not None
            assert mean.high is not None
            assert mean.low < mean.value < mean.high
    widths = [np.mean([(m.high or 0) - (m.low or 0) for m in means(values)]) for values in (few, many)]
    assert widths[1] < widths[0] / 3
    assert means(few) == means(few)
    assert means(few) != means(few, seed=1)


def test_intervals_are_those_of_another_library() -> None:
    from scipy.stats import bootstrap

    values = RNG.random((80, 1)) ** 2
    theirs = bootstrap((values[:, 0],), np.mean, method="percentile", rng=np.random.default_rng(0))
    (ours,) = means(np.repeat(values, 5, axis=1))[:1]
    assert (ours.low, ours.high) == pytest.approx(theirs.confidence_interval, abs=0.01)


def test_one_query_has_no_interval() -> None:
    (mean, *_others) = means(np.array([[0.25, 1, 1, 1, 1]]))
    assert (mean.value, mean.low, mean.high) == (0.25, None, None)
