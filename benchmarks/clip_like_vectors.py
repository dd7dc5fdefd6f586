"""Unit vectors with the coarse statistics of CLIP's image embeddings, to measure search engines with.

What is imitated: a mean direction that all share (two pictures have a cosine of about 0.5), a power-law
spectrum (the variance of the i-th direction is about 1/i: an effective dimension of some tens), and topics of
unequal size with sub-topics. It is synthetic: say so beside every number that was measured on it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

DIMENSION = 512
_TOPICS, _SUBTOPICS = 2000, 20
_BLOCK = 100_000  # vectors made at a time; part of what a seed means
_MEAN, _TOPIC, _SUBTOPIC, _OWN = 0.95, 0.60, 0.40, 0.55  # how much of each is in a vector


@dataclass(frozen=True)
class _Population:
    basis: Vectors
    scale: Vectors
    topics: Vectors
    subtopics: Vectors
    shares: NDArray[np.float64]


def clip_like_vectors(count: int, seed: int) -> Vectors:
    """float32 `(count, 512)`; the same for the same arguments, and of one population whatever the seed."""
    population, random = _population(), np.random.default_rng(seed)
    vectors = np.empty((count, DIMENSION), np.float32)
    for start in range(0, count, _BLOCK):
        block = vectors[start : start + _BLOCK]
        block[:] = _drawn(population, random, len(block))
    return vectors


def _population() -> _Population:
    random = np.random.default_rng(20_201)
    basis, _ = np.linalg.qr(random.standard_normal((DIMENSION, DIMENSION)))
    scale = (np.arange(1, DIMENSION + 1) ** -0.5).astype(np.float32)
    scale /= np.linalg.norm(scale)
    topics = random.standard_normal((_TOPICS, DIMENSION), dtype=np.float32) * scale
    sizes = random.pareto(1.2, _TOPICS) + 0.05
    subtopics = np.random.default_rng(7).standard_normal((_SUBTOPICS, DIMENSION), dtype=np.float32) * scale
    return _Population(
        basis.astype(np.float32), scale, topics, np.roll(subtopics, 3, axis=1), sizes / sizes.sum()
    )


def _drawn(population: _Population, random: np.random.Generator, count: int) -> Vectors:
    topics = population.topics[random.choice(_TOPICS, count, p=population.shares)]
    subtopics = population.subtopics[random.integers(0, _SUBTOPICS, count)] * np.sign(topics)
    own = random.standard_normal((count, DIMENSION), dtype=np.float32) * population.scale
    mixed = topics * _TOPIC + subtopics * _SUBTOPIC + own * _OWN
    drawn: Vectors = mixed @ population.basis.T + population.basis[:, 0] * _MEAN
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return drawn
