"""recall@10: what part of the true nearest a search has found, for each kind of query that people ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import Hits

K = 10
STORED, HELD_OUT, PERTURBED, WORDS = "stored", "held_out", "perturbed", "words"
KINDS = (STORED, HELD_OUT, PERTURBED, WORDS)
"""Stored vectors; stored ones that the index wasn't trained with; a little way off them, as a new picture is;
and far from them all, as words are."""
_NOT_STORED = -1
_STEP = 0.25  # how far off a new picture is, of the distance between any two
_MIXED = 3  # pictures of which made-up words speak
_NOISE = 0.5


@dataclass(frozen=True)
class Probes:
    """Queries (n, d) of unit length, the kind of each, and the id that it is itself stored under, or -1."""

    queries: Vectors
    kinds: list[str]
    own: Ids

    @classmethod
    def of(cls, ids: Ids, vectors: Vectors, seed: int = 0, held_out: int = 0) -> "Probes":
        """Made of stored vectors, of which the last `held_out` weren't trained with: they themselves, and as
        many of each made kind."""
        random = np.random.default_rng(seed)
        trained = len(ids) - held_out
        made = [perturbed(vectors, random), word_like(vectors, random)] if len(ids) > 1 else []
        kinds = [STORED] * trained + [HELD_OUT] * held_out
        kinds += [kind for kind, _ in zip((PERTURBED, WORDS), made, strict=False) for _ in range(len(ids))]
        own = np.concatenate([ids, np.full(len(kinds) - len(ids), _NOT_STORED, np.int64)])
        return cls(np.concatenate([vectors, *made]), kinds, own)

    def only(self, kind: str) -> "Probes":
        """Those of one kind."""
        rows = [row for row, its in enumerate(self.kinds) if its == kind]
        return Probes(self.queries[rows], [kind] * len(rows), self.own[rows])

    def nearest(self, found: Sequence[Hits]) -> list[Vectors]:
        """The scores of up to ten hits of each query, without itself."""
        return [others(hits, int(own)) for hits, own in zip(found, self.own, strict=True)]

    def nearest_of_scores(self, scores: Vectors) -> list[Vectors]:
        """The same of a table (n, K + 1) of the best scores, where a stored query's own is its first."""
        return [row[:K] if own == _NOT_STORED else row[1:] for row, own in zip(scores, self.own, strict=True)]

    def recall(self, found: Sequence[Vectors], exact: Sequence[Vectors], same: float) -> dict[str, float]:
        """By kind. `same`: scores that differ by less are of equal vectors, or of rounding."""
        shares = {}
        for kind in dict.fromkeys(self.kinds):
            rows = [row for row, its in enumerate(self.kinds) if its == kind]
            shares[kind] = share_found([found[row] for row in rows], [exact[row] for row in rows], same)
        return shares


def worst(recall: Mapping[str, float]) -> float | None:
    """What may be promised: the recall of the queries that find least; None while nothing is measured."""
    return min(recall.values(), default=None)


def perturbed(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """Each a little off in the direction from one stored vector to another: as pictures differ."""
    one, other = (vectors[random.permutation(len(vectors))] for _ in range(2))
    return _unit(vectors + _STEP * (one - other))


def word_like(vectors: Vectors, random: np.random.Generator) -> Vectors:
    """Synthetic: what several pictures have in common, less what all have, and much that no picture has.

    So are text vectors of CLIP and its like: they stand apart from all pictures (Liang et al. 2022, "Mind the
    gap"), and their nearest lie in many clusters. Real words need an encoder, which isn't here.
    """
    centred = _unit(vectors - vectors.mean(axis=0))
    parts = [
        centred[random.permutation(len(vectors))] * random.normal(size=(len(vectors), 1))
        for _ in range(_MIXED)
    ]
    noise = _unit(random.normal(size=vectors.shape).astype(np.float32))
    return _unit(_unit(np.sum(parts, axis=0)) + _NOISE * noise)


def others(hits: Hits, own: int) -> Vectors:
    """The scores of up to ten hits of a vector that was searched with, without itself where it is stored."""
    scores: Vectors = hits.scores[hits.ids != own][:K]
    return scores


def share_found(found: Sequence[Vectors], exact: Sequence[Vectors], same: float) -> float:
    """Scores are compared, not ids, so that one of two equal vectors is as good as the other."""
    hits = sum(
        int((mine >= best[-1] - same).sum()) for mine, best in zip(found, exact, strict=True) if len(best)
    )
    return hits / max(1, sum(map(len, exact)))


def keep_best(best: Vectors, scores: Vectors, count: int) -> Vectors:
    """The `count` highest of each row of both, descending: for a search that reads part after part."""
    every = np.concatenate([best, scores], axis=1)
    kept: Vectors = -np.sort(-every, axis=1)[:, :count]
    return kept


def _unit(vectors: Vectors) -> Vectors:
    """Of unit length; what has none gets some direction."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    safe = np.where(length > 0, vectors, 1.0)
    unit: Vectors = (safe / np.linalg.norm(safe, axis=1, keepdims=True)).astype(np.float32)
    return unit
