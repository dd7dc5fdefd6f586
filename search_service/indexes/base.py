"""The contract of every index: what a collection needs to store vectors and to find the nearest."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]


class Hit(NamedTuple):
    id: int
    score: float


@dataclass(frozen=True)
class Hits:
    """The neighbours of one query, best first: ids, and cosine similarities in -1 to 1."""

    ids: Ids
    scores: Vectors

    def __iter__(self) -> Iterator[Hit]:
        return (Hit(int(i), float(s)) for i, s in zip(self.ids, self.scores, strict=True))

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class IndexStats:
    """`bytes` is what the index takes in memory; `generation` counts the writes it has seen."""

    kind: str
    count: int
    bytes: int
    generation: int


class VectorIndex(ABC):
    """The vectors of one collection. Any method may be called from any thread at any time.

    Ids are int64, from 0 up, unique within a call; vectors are float32 `(n, dimension)` of unit length,
    C-contiguous: the caller has checked both. What has returned is visible to the next search.
    """

    dimension: int

    @abstractmethod
    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        """Add these vectors; an id that is there already gets the new one."""

    @abstractmethod
    def remove(self, ids: Ids) -> int:
        """Remove these ids and return how many were there; unknown ones are ignored."""

    @abstractmethod
    def search(self, queries: Vectors, k: int) -> list[Hits]:
        """The `k` nearest of each query, or all of them where fewer are stored; never a filler id."""

    @abstractmethod
    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of the ids that are there, ascending, with their vectors."""

    @abstractmethod
    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        """The stored ids greater than `after`, ascending, at most `limit`."""

    @abstractmethod
    def stats(self) -> IndexStats:
        """Cheap, and never waits for a writer."""

    def save(self) -> None:  # noqa: B027  (most engines have nothing to do)
        """Bring what speeds up the next start up to date; nothing may depend on its being called."""
