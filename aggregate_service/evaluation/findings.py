"""One encoder's vectors against the truth: pictures as queries, each without itself; or the labels' words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregate_service.evaluation.errors import NothingToAsk
from aggregate_service.evaluation.measures import (
    MEASURES,
    Asked,
    Floats,
    Mean,
    Vectors,
    best_possible,
    chance,
    judged,
    means,
    ranked,
)

MOST_QUERIES = 1_000
_MOST_LABELS = 300
Columns = NDArray[np.intp]


@dataclass(frozen=True)
class Gallery:
    """The pictures that can be found, by rising id: vectors (n, d), and the columns that each label is in."""

    ids: list[int]
    vectors: Vectors
    columns: dict[str, Columns]

    @classmethod
    def of(cls, stored: dict[int, Vectors], labels: dict[int, frozenset[str]]) -> "Gallery":
        ids = sorted(stored)
        places: dict[str, list[int]] = {}
        for column, id_ in enumerate(ids):
            for label in labels[id_]:
                places.setdefault(label, []).append(column)
        columns = {label: np.array(places[label], np.intp) for label in sorted(places)}
        return cls(ids, np.stack([stored[id_] for id_ in ids]), columns)

    @property
    def labels(self) -> list[list[str]]:
        """Of each column."""
        found: list[list[str]] = [[] for _ in self.ids]
        for label, columns in self.columns.items():
            for column in columns:
                found[column].append(label)
        return found


@dataclass(frozen=True)
class LabelFindings:
    """How well the pictures with one label are found; `queries` asked for it."""

    label: str
    pictures: int
    queries: int
    means: dict[str, Mean]


@dataclass(frozen=True)
class Findings:
    """Means over `queries`, out of `askable` ones; `values` has the measures of each, (queries, measures).

    `names` says what was asked, so that two encoders' values can be compared query by query.
    """

    pictures: int
    queries: int
    askable: int
    means: dict[str, Mean]
    chance: float
    best_possible: float
    labels: list[LabelFindings]
    values: Floats
    names: list[str]


def by_pictures(gallery: Gallery, k: int, seed: int) -> Findings:
    """A picture finds those that share a label with it. By label: those that have the same one.

    `NothingToAsk` when no two pictures share a label.
    """
    labels = gallery.labels
    askable = sorted({int(c) for columns in gallery.columns.values() if len(columns) > 1 for c in columns})
    if not askable:
        raise NothingToAsk
    drawn = _drawn(askable, seed)
    order = ranked(gallery.vectors[drawn], gallery.vectors, own=drawn)
    asked = [
        Asked(row, _others(np.unique(np.concatenate([gallery.columns[label] for label in labels[own]])), own))
        for row, own in enumerate(drawn)
    ]
    values = judged(order, asked, k)
    row_of = {own: row for row, own in enumerate(drawn)}
    table = []
    for label, columns in _commonest(gallery.columns):
        within = [Asked(row_of[own], _others(columns, own)) for own in columns.tolist() if own in row_of]
        if within and len(columns) > 1:
            table.append(_of_label(label, columns, judged(order, within, k), seed))
    names = [f"picture {gallery.ids[own]}" for own in drawn]
    return _findings(gallery, asked, values, len(askable), len(gallery.ids) - 1, k, seed, table, names)


def by_words(gallery: Gallery, words: Sequence[str], vectors: Vectors, k: int, seed: int) -> Findings:
    """The words of a label find the pictures that have it; `vectors` (words, d) are theirs."""
    order = ranked(vectors, gallery.vectors)
    asked = [Asked(row, gallery.columns[label]) for row, label in enumerate(words)]
    values = judged(order, asked, k)
    table = [
        _of_label(label, gallery.columns[label], values[row : row + 1], seed)
        for row, label in enumerate(words)
    ]
    table.sort(key=lambda each: (-each.pictures, each.label))
    known = len(gallery.columns)
    return _findings(
        gallery, asked, values, known, len(gallery.ids), k, seed, table[:_MOST_LABELS], list(words)
    )


def words_to_ask(gallery: Gallery, seed: int) -> list[str]:
    """The labels; a sample where there are very many."""
    if not gallery.columns:
        raise NothingToAsk
    labels = list(gallery.columns)
    return [labels[place] for place in _drawn(range(len(labels)), seed)]


def gain(before: Floats, after: Floats, seed: int) -> dict[str, Mean]:
    """What a second encoder finds more than the first, over the same queries: their differences' means."""
    return dict(zip(MEASURES, means(after - before, seed), strict=True))


def _findings(
    gallery: Gallery,
    asked: Sequence[Asked],
    values: Floats,
    askable: int,
    others: int,
    k: int,
    seed: int,
    table: list[LabelFindings],
    names: list[str],
) -> Findings:
    relevant = [len(query.relevant) for query in asked]
    return Findings(
        pictures=len(gallery.ids),
        queries=len(asked),
        askable=askable,
        means=dict(zip(MEASURES, means(values, seed), strict=True)),
        chance=chance(relevant, others),
        best_possible=best_possible(relevant, k),
        labels=table,
        values=values,
        names=names,
    )


def _of_label(label: str, columns: Columns, values: Floats, seed: int) -> LabelFindings:
    return LabelFindings(
        label, len(columns), len(values), dict(zip(MEASURES, means(values, seed), strict=True))
    )


def _commonest(columns: dict[str, Columns]) -> list[tuple[str, Columns]]:
    return sorted(columns.items(), key=lambda each: (-len(each[1]), each[0]))[:_MOST_LABELS]


def _others(columns: Columns, own: int) -> Columns:
    others: Columns = columns[columns != own]
    return others


def _drawn(candidates: Sequence[int], seed: int) -> list[int]:
    """Up to `MOST_QUERIES` of them, the same each time."""
    if len(candidates) <= MOST_QUERIES:
        return list(candidates)
    chosen = np.random.default_rng(seed).choice(len(candidates), MOST_QUERIES, replace=False)
    return [candidates[place] for place in sorted(chosen.tolist())]
