"""What is found in pictures that were held out; drawn vectors, whose label is in one of three directions."""

import numpy as np
import pytest

from aggregate_service.evaluation.findings import gain
from aggregate_service.evaluation.measures import Vectors
from aggregate_service.evaluation.report import Measures, measures
from aggregate_service.improvement.errors import TooFewLabels
from aggregate_service.improvement.lesson import Lesson
from aggregate_service.improvement.trial import Learned, gains, parts, tried

GOOD = np.diag([1, 0.05, 1]).astype(np.float32)
BAD = np.diag([0.05, 1, 0.05]).astype(np.float32)
WORDS = np.array([[1, 0, 0], [0, 0, 1]], np.float32)


def lesson(count: int = 60) -> Lesson:
    """Much in the second direction, which means nothing."""
    source = np.random.default_rng(3)
    of = np.arange(count) % 2
    rows = np.zeros((count, 3), np.float32)
    rows[np.arange(count), of * 2] = 0.4
    rows += source.normal(size=rows.shape) * np.array([0.1, 1.0, 0.1])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    stored = dict(enumerate(rows))
    labels = {id_: frozenset({("left", "right")[label]}) for id_, label in enumerate(of)}
    made = Lesson.of(stored, labels, 0)
    return Lesson(made.ids, made.vectors, made.labels, made.has, WORDS)


def gained(matrix: Vectors) -> dict[str, Measures]:
    given = lesson()
    held_out = parts(given, 0)
    before = tried(given, held_out, None, 5, 0)
    after = tried(given, held_out, [Learned(matrix, matrix)] * len(held_out), 5, 0)
    return {
        by: Measures.model_validate(measures(gain(before[by].values, found.values, 0)))
        for by, found in after.items()
    }


def test_every_picture_is_held_out_once_and_every_label() -> None:
    held_out = parts(lesson(), 0)
    for flags in ([part.pictures for part in held_out], [part.labels for part in held_out]):
        assert np.sum(flags, axis=0).tolist() == [1] * len(flags[0])


def test_what_finds_better_gains() -> None:
    found = gained(GOOD)
    assert found["pictures"].map.value > 0.1
    assert gains(found["pictures"], [found["words"], found["unseen"]])


def test_what_changes_nothing_does_not() -> None:
    assert not gains(gained(np.eye(3, dtype=np.float32))["pictures"], [])


def test_what_spoils_words_is_not_worth_it() -> None:
    good, bad = gained(GOOD)["pictures"], gained(BAD)["words"]
    assert gains(good, [])
    assert not gains(good, [bad])


def test_too_few_labels_are_said() -> None:
    labels = {id_: frozenset({"one" if id_ < 8 else f"rare {id_}"}) for id_ in range(12)}
    with pytest.raises(TooFewLabels, match="1 of these labels"):
        Lesson.of({id_: np.ones(3, np.float32) for id_ in labels}, labels, 0)
