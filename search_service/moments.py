"""What a collection's vectors are like as a whole: from it follows what a query scores over all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Vectors

FEWEST = 8  # vectors under which a spread says nothing
LARGEST = 2_048  # dimensions up to which moments are kept: 32 MB there, 2 MB at 512


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation of one query's cosine over every vector of the collection."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class Moments:
    """Of unit vectors: how many, their sum (d,), and the sum of their outer products (d, d).

    Never changed, only replaced: a reader that holds one sees one moment of the collection.
    """

    count: int
    total: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def none(cls, dimension: int) -> "Moments":
        return cls(0, np.zeros(dimension), np.zeros((dimension, dimension)))

    def plus(self, vectors: Vectors) -> "Moments":
        if not len(vectors):
            return self
        total, squares = _sums(vectors)
        return Moments(self.count + len(vectors), self.total + total, self.squares + squares)

    def minus(self, vectors: Vectors) -> "Moments":
        if not len(vectors):
            return self
        total, squares = _sums(vectors)
        return Moments(self.count - len(vectors), self.total - total, self.squares - squares)

    def spreads(self, queries: Vectors) -> list[Spread] | None:
        """One for each query, without reading any vector: mean q·μ, variance qᵀ(M − μμᵀ)q."""
        if self.count < FEWEST:
            return None
        rows = queries.astype(np.float64)
        means = rows @ self.total / self.count
        variances = ((rows @ self.squares) * rows).sum(axis=1) / self.count - means**2
        deviations = np.sqrt(np.maximum(variances, 0.0))
        return [Spread(*each) for each in zip(means.tolist(), deviations.tolist(), strict=True)]


def _sums(vectors: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The products are of float32, whose error is a ten-millionth of what they add up to."""
    return vectors.sum(axis=0, dtype=np.float64), (vectors.T @ vectors).astype(np.float64)
