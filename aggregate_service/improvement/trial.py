"""Whether a projection gains: a third of the pictures at a time is searched by what the others taught."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from aggregate_service.evaluation.errors import NothingToAsk
from aggregate_service.evaluation.findings import Findings, by_pictures, by_words
from aggregate_service.evaluation.measures import MEASURES, Vectors, means
from aggregate_service.evaluation.report import Measures
from aggregate_service.improvement.lesson import Flags, Lesson
from aggregate_service.improvement.projection import projected

PICTURES, WORDS, UNSEEN = "pictures", "words", "unseen"
ASKED_WITH = (PICTURES, WORDS, UNSEEN)
"""`unseen` are the words of labels that weren't learned from, though pictures of others were."""
PARTS = 3
_MAY_LOSE = 0.01
"""The mAP that words may lose in the mean; their intervals are wider."""


@dataclass(frozen=True)
class Part:
    """What is held out together: some pictures (n,), and some labels, from one training more."""

    pictures: Flags
    labels: Flags

    @property
    def taught(self) -> Flags:
        return ~self.pictures


@dataclass(frozen=True)
class Learned:
    """Matrices (d, d) that a part's other pictures taught, with all labels, and without those held out."""

    all: Vectors
    unseen: Vectors


def parts(lesson: Lesson, seed: int) -> list[Part]:
    source = np.random.default_rng(seed)
    pictures = source.permutation(len(lesson.ids)) % PARTS
    labels = source.permutation(len(lesson.labels)) % PARTS
    return [Part(pictures == number, labels == number) for number in range(PARTS)]


def tried(
    lesson: Lesson, held_out: Sequence[Part], learned: Sequence[Learned] | None, k: int, seed: int
) -> dict[str, Findings]:
    """What is found over all parts by each way to ask; without `learned`, by the encoder's own vectors."""
    found: dict[str, list[Findings]] = {by: [] for by in ASKED_WITH}
    for number, part in enumerate(held_out):
        ways = learned[number] if learned else None
        for by in ASKED_WITH:
            matrix = None if ways is None else ways.unseen if by == UNSEEN else ways.all
            try:
                found[by].append(_found(lesson, part, by, matrix, k, seed))
            except NothingToAsk:
                continue
    return {by: _together(each, seed) for by, each in found.items() if each}


def gains(pictures: Measures, words: Sequence[Measures]) -> bool:
    """Whether what is found more is shown by pictures, and words don't lose: the intervals are of mAP."""
    if pictures.map.low is None or pictures.map.low <= 0:
        return False
    return all(
        each.map.value >= -_MAY_LOSE and (each.map.high is None or each.map.high >= 0) for each in words
    )


def _found(lesson: Lesson, part: Part, by: str, matrix: Vectors | None, k: int, seed: int) -> Findings:
    gallery = lesson.gallery(part.pictures, _through(lesson.vectors, matrix))
    if by == PICTURES:
        return by_pictures(gallery, k, seed)
    asked = [
        column
        for column, label in enumerate(lesson.labels)
        if label in gallery.columns and (by == WORDS or part.labels[column]) and len(lesson.words)
    ]
    if not asked:
        raise NothingToAsk
    words = [lesson.labels[column] for column in asked]
    found = by_words(gallery, words, _through(lesson.words[asked], matrix), k, seed)
    return replace(found, askable=found.queries)


def _through(vectors: Vectors, matrix: Vectors | None) -> Vectors:
    return vectors if matrix is None else projected(vectors, matrix)


def _together(found: Sequence[Findings], seed: int) -> Findings:
    """One mean over the queries of all parts; each part's were found among its own pictures."""
    values = np.concatenate([each.values for each in found])
    queries = [each.queries for each in found]
    return Findings(
        pictures=sum(each.pictures for each in found),
        queries=sum(queries),
        askable=sum(each.askable for each in found),
        means=dict(zip(MEASURES, means(values, seed), strict=True)),
        chance=float(np.average([each.chance for each in found], weights=queries)),
        best_possible=float(np.average([each.best_possible for each in found], weights=queries)),
        labels=[],
        values=values,
        names=[f"{part} {name}" for part, each in enumerate(found) for name in each.names],
    )
