"""The contract of every index: what a collection needs to store vectors and to find the nearest."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from threading import Event

from search_service.engines.arrays import Ids, Vectors
from search_service.moments import Moments


@dataclass(frozen=True)
class Hits:
    """The neighbours of one query, best first: ids, and cosine similarities in -1 to 1."""

    ids: Ids
    scores: Vectors

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class IdFilter:
    """The ids that a search may return: those of `allow` (`None`: any) that aren't in `deny`."""

    allow: Ids | None = None
    deny: Ids | None = None


ANY_ID = IdFilter()


@dataclass(frozen=True)
class IndexStats:
    """`bytes` is what the index takes in memory; `generation` counts the writes it has seen.

    `recall_at_10` is measured against an exact search (1 where every search is exact, `None` while it isn't
    measured): that of the kind of queries that find least, of those in `recall`. `effort` is how hard an
    approximate index searches.
    """

    kind: str
    count: int
    bytes: int
    generation: int
    recall_at_10: float | None = None
    effort: dict[str, int] | None = None
    recall: dict[str, float] | None = None


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
    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        """The `k` nearest of each query among the ids that `only` lets through, or all of those where they
        are fewer; never a filler id. Equal scores by ascending id; what an exact index finds is the start of
        what it finds for a larger `k`."""

    @abstractmethod
    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of the ids that are there, ascending, with their vectors."""

    @abstractmethod
    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        """The stored ids greater than `after`, ascending, at most `limit`."""

    @abstractmethod
    def stats(self) -> IndexStats:
        """Cheap, and never waits for a writer."""

    def moments(self) -> Moments | None:
        """Of all vectors, or of a sample of them; `None` while nobody has measured them."""
        return None

    def measure(self, stop: Event) -> None:  # noqa: B027  (what is only a part of an index has none)
        """Bring `moments` up to date as far as writes didn't. May take a while, ends early when `stop` is
        set; everything goes on meanwhile."""

    def maintain(self, stop: Event) -> None:  # noqa: B027  (most engines do it themselves)
        """Rebuild, measure or tune if it's time; called now and then, may take minutes, ends early when
        `stop` is set. Everything goes on meanwhile."""

    def save(self) -> None:  # noqa: B027  (most engines have nothing to do)
        """Bring what speeds up the next start up to date; nothing may depend on its being called."""
