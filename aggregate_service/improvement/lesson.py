"""What can be learned from: stored vectors of pictures that somebody labelled, and the labels' words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aggregate_service.evaluation.findings import Gallery
from aggregate_service.evaluation.measures import Vectors
from aggregate_service.improvement.errors import TooFewLabels

FEWEST_LABELS, FEWEST_PICTURES = 2, 6
"""Of each label, so that two are in each of the three parts that are held out in turn."""
_MOST_LABELS = 1_000
_MOST_BYTES = 80_000_000  # of vectors, in one request
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Lesson:
    """Unit vectors (n, d) of the pictures `ids`, which labels each has (n, labels), and the labels' words
    (labels, d); no words where the encoder has none."""

    ids: list[int]
    vectors: Vectors
    labels: list[str]
    has: Flags
    words: Vectors

    @classmethod
    def of(cls, stored: Mapping[int, Vectors], labels: Mapping[int, frozenset[str]], seed: int) -> "Lesson":
        """Without words yet; of very many pictures a sample, of very many labels the commonest."""
        ids = _drawn(sorted(stored), stored, seed)
        commonest = common_labels({id_: labels[id_] for id_ in ids})
        place = {label: column for column, label in enumerate(commonest)}
        has = np.zeros((len(ids), len(commonest)), bool)
        for row, id_ in enumerate(ids):
            has[row, [place[label] for label in labels[id_] if label in place]] = True
        vectors = np.stack([stored[id_] for id_ in ids])
        return cls(ids, vectors, commonest, has, np.empty((0, vectors.shape[1]), np.float32))

    def gallery(self, rows: Flags, vectors: Vectors) -> Gallery:
        """Of some of the pictures; `vectors` are those of all."""
        chosen = np.flatnonzero(rows).tolist()
        named = {self.ids[row]: self._labels_of(row) for row in chosen}
        return Gallery.of({self.ids[row]: vectors[row] for row in chosen}, named)

    def _labels_of(self, row: int) -> frozenset[str]:
        return frozenset(self.labels[column] for column in np.flatnonzero(self.has[row]))


def common_labels(labels: Mapping[int, frozenset[str]]) -> list[str]:
    """By name; the commonest of very many. `TooFewLabels` where there is nothing to learn."""
    counts: dict[str, int] = {}
    for found in labels.values():
        for label in found:
            counts[label] = counts.get(label, 0) + 1
    frequent = sum(count >= FEWEST_PICTURES for count in counts.values())
    if frequent < FEWEST_LABELS:
        raise TooFewLabels(frequent, FEWEST_LABELS, FEWEST_PICTURES)
    return sorted(sorted(counts, key=lambda label: (-counts[label], label))[:_MOST_LABELS])


def _drawn(ids: list[int], stored: Mapping[int, Vectors], seed: int) -> list[int]:
    most = max(FEWEST_PICTURES, _MOST_BYTES // stored[ids[0]].nbytes)
    if len(ids) <= most:
        return ids
    chosen = np.random.default_rng(seed).choice(len(ids), most, replace=False)
    return [ids[place] for place in sorted(chosen.tolist())]
