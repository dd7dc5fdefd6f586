"""The contract of every engine: all collections that it holds."""

from abc import ABC, abstractmethod
from contextlib import suppress
from threading import Event

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.readers_writer_lock import ReadersWriterLock
from search_service.errors import NothingIndexed, UnexpectedOwner, UnknownCollection


class Backend(ABC):
    """All collections of one engine. What has returned is durable. Any thread may call."""

    def __init__(self) -> None:
        self._owners = ReadersWriterLock()  # read while vectors change, so that no write outlives its right

    @abstractmethod
    def collections(self) -> dict[str, Collection]:
        """By name, in the order of their creation; a copy."""

    @abstractmethod
    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None
    ) -> Collection | None:
        """A new collection of this catalogue with these vectors; `None` when there's one of this name."""

    @abstractmethod
    def hand_over(self, collection: Collection, catalogue: str) -> None:
        """Give it another owner; `UnexpectedOwner` where the engine sees that it has changed meanwhile."""

    @abstractmethod
    def drop(self, name: str) -> None: ...

    @abstractmethod
    def default(self) -> str | None:
        """The name of the collection that answers when none is named; `None` when there's none at all."""

    @abstractmethod
    def set_default(self, name: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...

    def upsert(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None = None
    ) -> Collection:
        """Into the collection, which is created when there's none of this name, and becomes the catalogue's
        while it is empty and nobody's. `ForeignCollection` when it isn't the catalogue's."""
        with self._owners.reading():
            created = self.create(name, encoder, ids, vectors, catalogue)
            if created is not None:
                return created
            collection = self.named(name)
            if not collection.awaits_owner(catalogue):
                collection.upsert(encoder, ids, vectors, catalogue)
                return collection
        collection.require_fit(vectors, encoder, "vectors")
        self.adopt(name, str(catalogue), None)
        return self.upsert(name, encoder, ids, vectors, catalogue)

    def remove(self, name: str, ids: Ids, catalogue: str | None = None) -> tuple[int, Collection]:
        """How many of the ids were there, and the collection; `ForeignCollection` as above."""
        with self._owners.reading():
            collection = self.named(name)
            return collection.remove(ids, catalogue), collection

    def adopt(self, name: str, catalogue: str, expected: str | None) -> Collection:
        """Make it this catalogue's, also again; `UnexpectedOwner` unless it was `expected`'s until now."""
        with self._owners.writing():
            collection = self.named(name)
            if collection.catalogue != catalogue:
                if collection.catalogue != expected:
                    raise UnexpectedOwner(name, collection.catalogue, expected)
                self.hand_over(collection, catalogue)
        return self.named(name)

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
