"""recall@10 from scores."""

import numpy as np
import pytest

from search_service.engines.base import Hits
from search_service.engines.recall_share import keep_best, others, share_found


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
