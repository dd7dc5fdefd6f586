"""From the vectors of a question's parts to what is searched with: mixtures, or queries side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregate_service.errors import CancelledOut, UnusableUploads
from aggregate_service.search.calibration import Kind
from aggregate_service.search.question import Question, Words
from aggregate_service.search.vectors import QuestionVectors, Vector

_LEAST_LENGTH = 1e-3  # of a mixture, as a part of what its weights could add up to


@dataclass(frozen=True)
class Query:
    """Unit vectors (n, d), and what each is made of; more than one where all or any of them must fit."""

    vectors: NDArray[np.float32]
    kinds: tuple[Kind, ...]
    every: bool = False
    """Whether all vectors must be near a hit, or any of them."""


def queries_of(question: Question, vectors: QuestionVectors) -> dict[int | None, Query]:
    """One for each readable upload, by place; or under None the one query of the whole question."""
    if question.uploads and question.combine == "each":
        return {place: _mixed(question, vectors, [place]) for place in vectors.uploads}
    if vectors.problems:
        named = {place: question.uploads[place].filename for place in vectors.problems}
        raise UnusableUploads(
            question.combine,
            [{"filename": name} | vectors.problems[place] for place, name in named.items()],
        )
    if question.combine in ("all", "any"):
        rows = [*vectors.uploads.values(), *vectors.parts]
        kinds: list[Kind] = ["picture"] * len(vectors.uploads)
        kinds += ["words" if isinstance(part, Words) else "picture" for part in question.parts]
        return {None: Query(np.stack(rows), tuple(kinds), question.combine == "all")}
    return {None: _mixed(question, vectors, list(vectors.uploads))}


def _mixed(question: Question, vectors: QuestionVectors, places: Sequence[int]) -> Query:
    rows = [vectors.uploads[place] for place in places] + vectors.parts
    weights = [question.uploads[place].weight for place in places] + [part.weight for part in question.parts]
    in_words = [isinstance(part, Words) for part in question.parts] + [False] * len(places)
    kind: Kind = "words" if all(in_words) else "mixture" if any(in_words) else "picture"
    return Query(mixture(rows, weights)[np.newaxis], (kind,))


def mixture(vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
    """The weighted sum of unit vectors, of unit length; `CancelledOut` where nothing is left of it."""
    rows = np.stack(vectors).astype(np.float64)
    total = np.asarray(weights) @ (rows / np.linalg.norm(rows, axis=1, keepdims=True))
    length = float(np.linalg.norm(total))
    if length < _LEAST_LENGTH * float(np.abs(weights).sum()):
        raise CancelledOut
    mixed: Vector = (total / length).astype(np.float32)
    return mixed
