"""The default backend, inside this process: FAISS in memory, SQLite and snapshots in one folder."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.sizing import Sizing
from search_service.engines.faiss.snapshot import Snapshot, delete_strays
from search_service.engines.faiss.store import CollectionRecord, Store


class EmbeddedBackend(Backend):
    """Owns its folder: a second process on the same one is refused by the store's lock."""

    def __init__(self, folder: Path, sizing: Sizing) -> None:
        super().__init__()
        self._folder, self._sizing = folder, sizing
        self._store = Store(folder / "vectors.db")
        self._changing = Lock()  # held while the set of collections changes
        with ExitStack() as failing:
            failing.callback(self._store.close)
            self._records = {record.name: record for record in self._store.records()}
            delete_strays(folder, keep={record.uid for record in self._records.values()})
            self._collections = {record.name: self._load(record) for record in self._records.values()}
            self._default = self._store.default()
            failing.pop_all()

    def collections(self) -> dict[str, Collection]:
        return dict(self._collections)

    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None
    ) -> Collection | None:
        with self._changing:
            if name in self._collections:
                return None
            self._records[name] = self._store.create(name, encoder, ids, vectors, catalogue)
            self._collections[name] = self._load(self._records[name], fresh=True)
            self._default = self._store.default()
            return self._collections[name]

    def hand_over(self, collection: Collection, catalogue: str) -> None:
        name = collection.name
        with self._changing:
            there = self.named(name)
            self._store.hand_over(self._records[name], catalogue)
            self._records[name] = replace(self._records[name], catalogue=catalogue)
            self._collections[name] = replace(there, catalogue=catalogue)

    def drop(self, name: str) -> None:
        with self._changing:
            self.named(name)
            record = self._records[name]
            self._store.drop(record)
            del self._records[name], self._collections[name]
            self._default = self._store.default()
        Snapshot(self._folder, record.uid).delete()

    def default(self) -> str | None:
        return self._default

    def set_default(self, name: str) -> None:
        with self._changing:
            self.named(name)
            self._store.set_default(self._records[name])
            self._default = name

    def close(self) -> None:
        try:
            self.save()
        finally:
            self._store.close()

    def _load(self, record: CollectionRecord, fresh: bool = False) -> Collection:
        snapshot = Snapshot(self._folder, record.uid)
        index = DurableIndex(record, self._store, snapshot, self._sizing, fresh)
        return Collection(record.name, record.encoder, index, record.catalogue)
