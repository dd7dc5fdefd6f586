"""What is learned from labelled vectors: drawn ones, whose labels lie in a few of their many directions."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from embedding_service.projections.training import KINDS, Kind, Lesson, Stopped, train

DIMENSION, LABELS = 16, 4


@pytest.fixture(autouse=True)
def _one_core() -> Iterator[None]:
    """As in the service; on a busy machine several wait for each other."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)


def lesson(count: int, seed: int) -> Lesson:
    """A weak sign of the label among much that has nothing to do with it; words are that sign alone."""
    source = np.random.default_rng(seed)
    of = np.arange(count) % LABELS
    signs = np.eye(LABELS, DIMENSION, dtype=np.float32)
    noise = np.where(np.arange(DIMENSION) < LABELS, 0.15, 0.5) * source.normal(size=(count, DIMENSION))
    rows = (signs[of] * 0.6 + noise).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Lesson(rows, np.eye(LABELS, dtype=bool)[of], signs)


def first_right(given: Lesson, matrix: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
    """How often a picture's nearest other one has its label."""
    rows = given.vectors @ matrix
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = rows @ rows.T
    np.fill_diagonal(scores, -1)
    of = given.labels.argmax(1)
    return float((of[scores.argmax(1)] == of).mean())


def test_a_siamese_projection_brings_unseen_pictures_of_a_label_nearer() -> None:
    learned = train("siamese", lesson(200, 1), 0, lambda: True)
    unseen = lesson(120, 2)
    plain = first_right(unseen, np.eye(DIMENSION, dtype=np.float32))
    assert first_right(unseen, learned) > plain + 0.05


def test_an_autoencoder_keeps_half_of_the_directions() -> None:
    learned = train("autoencoder", lesson(200, 1), 0, lambda: True)
    assert np.linalg.matrix_rank(learned, tol=1e-3) == DIMENSION // 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_learns_the_same(kind: Kind) -> None:
    first, again = (train(kind, lesson(40, 1), 7, lambda: True) for _ in range(2))
    assert first.dtype == np.float32
    np.testing.assert_allclose(first, again, atol=1e-5)


def test_without_words_it_learns_from_pictures_alone() -> None:
    given = lesson(40, 1)
    learned = train("siamese", Lesson(given.vectors, given.labels, given.words[:0]), 0, lambda: True)
    assert np.isfinite(learned).all()


def test_pictures_that_share_no_label_teach_nothing_and_break_nothing() -> None:
    given = lesson(4, 1)
    learned = train("siamese", Lesson(given.vectors, given.labels, given.words[:0]), 0, lambda: True)
    np.testing.assert_allclose(learned, np.eye(DIMENSION), atol=1e-4)


def test_it_stops_when_nobody_waits() -> None:
    steps = iter((True, True, False))
    with pytest.raises(Stopped):
        train("siamese", lesson(40, 1), 0, lambda: next(steps))
