"""What relevance is measured with: questions to halves of COCO128's photos, and which hits are right."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from aggregate_service.clients.search import Spread
from aggregate_service.sample_gallery import draw_sample_gallery
from aggregate_service.search.calibration import Curve, expected_best
from aggregate_service.search.relevance import is_close, relevances
from benchmarks.retrieval import PERSON, Coco
from embedding_service.encoders.base import Encoder
from training.photos import val

TOP = 10
AMONG = (64, 256, 700)
ELSEWHERE = Path(__file__).parent / "words_of_other_things.txt"

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Hits:
    """Of some queries on one gallery: scores and rightness of the ten best `(queries, 10)`, and spreads."""

    scores: Floats
    right: Flags
    spreads: list[Spread]
    count: int

    def relevance(self, curve: Curve) -> Floats:
        pairs = zip(self.scores, self.spreads, strict=True)
        return np.array([relevances(row.tolist(), spread, self.count, curve) for row, spread in pairs])

    def close(self, curve: Curve) -> Flags:
        """Of each query, whether it is said that something is close."""
        best = zip(self.scores[:, 0].tolist(), self.relevance(curve)[:, 0].tolist(), strict=True)
        return np.array([is_close(score, relevance, self.count, curve) for score, relevance in best])

    def standing(self) -> Floats:
        """z − √(2 ln n) of each hit: what the curve is fitted on."""
        means = np.array([spread.mean for spread in self.spreads])[:, np.newaxis]
        deviations = np.array([spread.deviation for spread in self.spreads])[:, np.newaxis]
        beyond: Floats = (self.scores - means) / deviations - expected_best(self.count)
        return beyond


def search(queries: Floats, gallery: Floats, right: Flags, own: Sequence[int | None]) -> Hits:
    """The ten best of each query; `own` is the query's own place in the gallery, which is left out."""
    scores = np.clip(queries.astype(np.float64) @ gallery.T, -1, 1)
    spreads = [Spread(mean=float(row.mean()), deviation=float(row.std())) for row in scores]
    for row, place in enumerate(own):
        if place is not None:
            scores[row, place] = -2
    order = np.argsort(-scores, axis=1)[:, :TOP]
    found, flags = np.take_along_axis(scores, order, 1), np.take_along_axis(right, order, 1)
    return Hits(found, flags, spreads, len(gallery))


@dataclass(frozen=True)
class Half:
    """Some of the photos as a gallery, and everything that is asked of it."""

    pictures: Hits
    words: Hits | None
    mixtures: Hits | None
    foreign: dict[str, Hits]


@dataclass(frozen=True)
class Material:
    """Vectors of everything that is searched, or searched with; no texts where the encoder knows none."""

    photos: Floats
    shown: Flags
    drawn: Floats
    names: Floats | None
    elsewhere: Floats | None

    @classmethod
    def of(cls, encoder: Encoder, coco: Coco) -> Material:
        shown = coco.shown(sorted(coco.names))
        photos, drawn = encoder.embed_images(coco.images), encoder.embed_images(drawings())
        if "text" not in encoder.spec.modalities:
            return cls(photos, shown, drawn, None, None)
        other = elsewhere()
        names = [coco.names[number] for number in sorted(coco.names)]
        texts = encoder.embed_texts([f"a photo of a {name}" for name in names + other])
        return cls(photos, shown, drawn, texts[: len(names)], texts[len(names) :])

    def halves(self, seed: int = 0) -> list[Half]:
        """The photos split in two by chance."""
        order = np.random.default_rng(seed).permutation(len(self.photos))
        return [self._half(half) for half in np.array_split(order, 2)]

    def _half(self, half: npt.NDArray[np.int64]) -> Half:
        photos, shown = self.photos[half], self.shown[:, half]
        sharing = np.delete(shown, PERSON, axis=0).astype(int)
        shared: Flags = (sharing.T @ sharing) > 0
        asked = np.flatnonzero(shared.sum(axis=1) > 1)  # photos that share something with another one
        pictures = search(photos[asked], photos, shared[asked], asked.tolist())
        foreign = {"drawn pictures": nowhere(self.drawn, photos)}
        if self.names is None or self.elsewhere is None:
            return Half(pictures, None, None, foreign)
        there = np.flatnonzero(shown.any(axis=1) & (np.arange(len(shown)) != PERSON))
        words = search(self.names[there], photos, shown[there], [None] * len(there))
        absent = np.flatnonzero(~shown.any(axis=1))
        elsewhere = np.concatenate([self.elsewhere, self.names[absent]])
        foreign["words of other things"] = nowhere(elsewhere, photos)
        return Half(pictures, words, self._mixtures(photos, shown, there), foreign)

    def _mixtures(self, photos: Floats, shown: Flags, there: npt.NDArray[np.int64]) -> Hits:
        """Each photo together with the name of each thing in it that is in another photo too."""
        assert self.names is not None
        pairs = [(n, place) for n in there if shown[n].sum() > 1 for place in np.flatnonzero(shown[n])]
        numbers, places = (np.array(each) for each in zip(*pairs, strict=True))
        mixed = photos[places] + self.names[numbers]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        return search(mixed, photos, shown[numbers], places.tolist())


def nowhere(queries: Floats, photos: Floats) -> Hits:
    """Questions to which no photo is a right answer."""
    none = np.zeros((len(queries), len(photos)), bool)
    return search(queries, photos, none, [None] * len(queries))


def drawings() -> list[Image.Image]:
    with tempfile.TemporaryDirectory() as folder:
        draw_sample_gallery(Path(folder))
        return [Image.open(path).convert("RGB") for path in sorted(Path(folder).glob("*.jpg"))]


def best_of_nothing(encoder: Encoder, archives: Path) -> dict[str, dict[int, float]]:
    """The median best score of questions that nothing answers, by how many small photos they are asked of.

    Drawn pictures, and words of other things but those that share a word with one of the photos' labels.
    """
    shown = list(val(archives, max(AMONG)))
    photos = encoder.embed_images([photo.image for photo in shown])
    labels = {word for photo in shown for label in photo.labels for word in re.findall("[a-z]+", label)}
    other = [line for line in elsewhere() if not labels & set(line.lower().split())]
    asked = {
        "pictures": encoder.embed_images(drawings()),
        "words": encoder.embed_texts([f"a photo of a {name}" for name in other]),
    }
    return {kind: _medians(queries @ photos.T) for kind, queries in asked.items()}


def _medians(scores: Floats) -> dict[int, float]:
    """Of `scores (queries, photos)` the median best one among so many of the photos, over some draws."""
    chance = np.random.default_rng(0)
    sizes = [min(count, scores.shape[1]) for count in AMONG]
    draws = {size: [chance.choice(scores.shape[1], size, replace=False) for _ in range(20)] for size in sizes}
    return {size: float(np.median([scores[:, draw].max(1) for draw in draws[size]])) for size in sizes}


def elsewhere() -> list[str]:
    """Names of things that COCO128 has no label for."""
    return [line for line in ELSEWHERE.read_text().splitlines() if line and not line.startswith("#")]
