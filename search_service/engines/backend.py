"""The contract of every engine: all collections that it holds."""

from abc import ABC, abstractmethod
from contextlib import suppress
from threading import Event

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.errors import NothingIndexed, UnknownCollection


class Backend(ABC):
    """All collections of one engine. What has returned is durable. Any thread may call."""

    @abstractmethod
    def collections(self) -> dict[str, Collection]:
        """By name, in the order of their creation; a copy."""

    @abstractmethod
    def upsert(self, name: str, encoder: str, ids: Ids, vectors: Vectors) -> Collection:
        """Into the collection, which is created when there's none of this name."""

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def default(self) -> str | None:
        """The name of the collection that answers when none is named; `None` when there's none at all."""

    @abstractmethod
    def set_default(self, name: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def collection(self, name: str | None = None) -> Collection:
        """The named one, or the default."""
        collections = self.collections()
        if not collections:
            raise NothingIndexed
        name = name if name is not None else self.default()
        if name not in collections:
            raise UnknownCollection(str(name), list(collections))
        return collections[name]

    def named(self, name: str) -> Collection:
        """The named one; `UnknownCollection` also where there are none at all."""
        collections = self.collections()
        if name not in collections:
            raise UnknownCollection(name, list(collections))
        return collections[name]

    def measure(self, stop: Event) -> None:
        """Bring the moments of each collection up to date."""
        for collection in self.collections().values():
            with suppress(UnknownCollection):  # dropped meanwhile
                collection.index.measure(stop)

    def maintain(self, stop: Event) -> None:
        """What each index does now and then: rebuild, measure, tune."""
        self.measure(stop)
        for collection in self.collections().values():
            with suppress(UnknownCollection):
                collection.index.maintain(stop)

    def save(self) -> None:
        """What each index does to start faster the next time."""
        for collection in self.collections().values():
            collection.index.save()
