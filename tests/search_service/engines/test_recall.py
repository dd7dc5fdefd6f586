"""recall@10 from scores, and the queries of each kind that it is measured with."""

import numpy as np
import pytest

from search_service.engines.base import Hits
from search_service.engines.recall import KINDS, Probes, keep_best, others, share_found, worst
from tests.search_service.samples import vectors


def scores(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_itself_doesnt_count() -> None:
    hits = Hits(np.array([7, 3, 9]), scores(1, 0.8, 0.7))
    assert others(hits, 3).tolist() == scores(1, 0.7).tolist()
    assert others(hits, 50).tolist() == scores(1, 0.8, 0.7).tolist()


def test_share_of_the_true_nearest() -> None:
    exact = [scores(0.9, 0.8), scores(0.7, 0.6)]
    assert share_found([scores(0.9, 0.8), scores(0.7, 0.6)], exact, 1e-6) == 1
    assert share_found([scores(0.9, 0.1), scores(0.7, 0.6)], exact, 1e-6) == 0.75
    assert share_found([scores(0.9, 0.8 - 5e-7), scores()], exact, 1e-6) == 0.5
    assert share_found([scores()], [scores()], 1e-6) == 0


def test_the_best_of_parts() -> None:
    best = keep_best(np.empty((1, 0), np.float32), np.array([[0.1, 0.5]], np.float32), 2)
    best = keep_best(best, np.array([[0.3, 0.9]], np.float32), 2)
    assert best[0].tolist() == pytest.approx([0.9, 0.5])


def test_queries_of_each_kind() -> None:
    rows = vectors(400, 32) + 1
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    probes = Probes.of(np.arange(400), rows, held_out=100)
    assert [probes.kinds.count(kind) for kind in KINDS] == [300, 100, 400, 400]
    assert probes.own[:400].tolist() == list(range(400))
    assert set(probes.own[400:]) == {-1}
    assert np.linalg.norm(probes.queries, axis=1) == pytest.approx(1, abs=1e-5)
    near, far = probes.queries[400:800], probes.queries[800:]
    assert ((near * rows).sum(axis=1) > 0.9).all()
    assert np.sort(near @ rows.T, axis=1)[:, -10:].mean() > 2 * np.sort(far @ rows.T, axis=1)[:, -10:].mean()
    again = Probes.of(np.arange(400), rows, held_out=100)
    assert (again.queries == probes.queries).all()


def test_a_stored_query_isnt_its_own_answer_and_a_made_one_has_none() -> None:
    probes = Probes.of(np.array([3, 5]), vectors(2))
    found = [Hits(np.array([3, 9]), scores(1, 0.5))] * len(probes.kinds)
    assert [row.tolist() for row in probes.nearest(found)][:3] == [[0.5], [1, 0.5], [1, 0.5]]
    table = np.tile(np.arange(11, 0, -1, dtype=np.float32), (len(probes.kinds), 1))
    assert [len(row) for row in probes.nearest_of_scores(table)] == [10] * len(probes.kinds)
    assert [row[0] for row in probes.nearest_of_scores(table)][:3] == [10, 10, 11]


def test_recall_is_that_of_each_kind_and_promised_is_the_worst() -> None:
    probes = Probes.of(np.array([3, 5]), vectors(2), held_out=1)
    exact = [scores(0.9, 0.8)] * len(probes.kinds)
    found = [scores(0.9, 0.8)] * 2 + [scores(0.9, 0.1)] * 2 + [scores(0.9, 0.8), scores(0.1)]
    recall = probes.recall(found, exact, 1e-6)
    assert recall == {"stored": 1, "held_out": 1, "perturbed": 0.5, "words": 0.5}
    assert worst(recall) == 0.5
    assert worst({}) is None


def test_a_single_vector_makes_no_other_queries() -> None:
    assert Probes.of(np.array([3]), vectors(1)).kinds == ["stored"]
