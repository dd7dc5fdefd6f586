"""The Milvus backend: collections in Lite, standalone or a cluster, with a registry of them beside."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from threading import Lock
from time import time_ns
from typing import Any, TypeVar

from pymilvus import DataType, MilvusClient

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.milvus.connection import SECONDS, Milvus
from search_service.engines.milvus.index import MilvusIndex

T = TypeVar("T")
_REGISTRY = "image_search_collections"
_MOST_ROWS = 16_384  # that Milvus returns


@dataclass(frozen=True)
class MilvusRecord:
    """A row of the registry, whose key is `name`; `chosen` is when it was made the default, or 0.

    Milvus 2.3 can't add a field to a collection, so the owner has a row of its own, which an older service
    doesn't see: its name is `owner_key`, its `encoder` the catalogue, and it was created at 0.
    """

    name: str
    encoder: str
    dimension: int
    created: int
    chosen: int = 0
    catalogue: str | None = None

    @property
    def owner_key(self) -> str:
        return f":{self.collection}"  # no collection's name has a colon

    @property
    def collection(self) -> str:
        """Milvus's name for it, which allows fewer characters than ours."""
        told = f"{self.name}\n{self.encoder}\n{self.dimension}"
        return f"image_search_{sha256(told.encode()).hexdigest()[:24]}"


class MilvusBackend(Backend):
    """The registry is the truth about which collections there are. Milvus keeps no transactions, so the steps
    of each change are ordered so that a crash between two leaves nothing that is wrong, or comes back."""

    def __init__(self, uri: str, token: str = "") -> None:
        super().__init__()
        self._milvus = Milvus(uri, token)
        self._changing = Lock()
        self._indexes: dict[str, MilvusIndex] = {}
        with ExitStack() as failing:
            failing.callback(self.close)
            self._make_registry()
            failing.pop_all()

    def collections(self) -> dict[str, Collection]:
        return {record.name: self._collection(record) for record in self._records()}

    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None
    ) -> Collection | None:
        """Empty first, then known: vectors go only into what is known."""
        record = MilvusRecord(name, encoder, vectors.shape[1], time_ns(), catalogue=catalogue)
        with self._changing:
            if name in self.collections():
                return None
            self._index(record).create()
            self._register(*([] if catalogue is None else [_owner_row(record)]), _row(record))
        created = self._collection(record)
        created.index.upsert(ids, vectors)
        return created

    def hand_over(self, collection: Collection, catalogue: str) -> None:
        """Of two services that adopt it at the same moment, the later one has it."""
        for record in self._records():
            if record.name == collection.name:
                self._register(_owner_row(replace(record, catalogue=catalogue)))

    def drop(self, name: str) -> None:
        self.named(name)
        with self._changing:
            for record in self._records():
                if record.name == name:
                    self._index(record).drop()
                    self._unregister(name, record.owner_key)

    def default(self) -> str | None:
        records = self._records()
        return max(records, key=lambda record: record.chosen).name if records else None

    def set_default(self, name: str) -> None:
        self.named(name)
        for record in self._records():
            if record.name == name:
                self._register(_row(replace(record, chosen=time_ns())))

    def close(self) -> None:
        self._milvus.close()

    def _records(self) -> list[MilvusRecord]:
        """In the order of their creation."""
        fields = ["name", "encoder", "dimension", "created", "chosen"]
        rows = self._on_registry(
            lambda client: client.query(
                _REGISTRY,
                filter="created >= 0",
                output_fields=fields,
                limit=_MOST_ROWS,
                timeout=SECONDS,
            )
        )
        owners = {row["name"]: row["encoder"] for row in rows if not row["created"]}
        records = [MilvusRecord(*(row[field] for field in fields)) for row in rows if row["created"]]
        owned = [replace(record, catalogue=owners.get(record.owner_key)) for record in records]
        return sorted(owned, key=lambda record: record.created)

    def _collection(self, record: MilvusRecord) -> Collection:
        return Collection(record.name, record.encoder, self._index(record), record.catalogue)

    def _index(self, record: MilvusRecord) -> MilvusIndex:
        made = MilvusIndex(self._milvus, record.collection, record.name, record.dimension)
        return self._indexes.setdefault(record.collection, made)

    def _on_registry(self, work: Callable[[MilvusClient], T]) -> T:
        return self._milvus.on(_REGISTRY, work)

    def _register(self, *rows: dict[str, Any]) -> None:
        data = [row | {"unused": [0.0, 0.0]} for row in rows]
        self._on_registry(lambda client: client.upsert(_REGISTRY, data=data, timeout=SECONDS))

    def _unregister(self, *names: str) -> None:
        self._on_registry(lambda client: client.delete(_REGISTRY, ids=[*names], timeout=SECONDS))

    def _make_registry(self) -> None:
        """Milvus wants a vector in every collection, so the registry has one that nobody reads."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("name", DataType.VARCHAR, is_primary=True, max_length=200)
        schema.add_field("encoder", DataType.VARCHAR, max_length=1200)
        for field in ("dimension", "created", "chosen"):
            schema.add_field(field, DataType.INT64)
        schema.add_field("unused", DataType.FLOAT_VECTOR, dim=2)
        index = MilvusClient.prepare_index_params()
        index.add_index("unused", index_type="FLAT", metric_type="IP")
        self._milvus.call(
            lambda client: (
                client.has_collection(_REGISTRY, timeout=SECONDS)
                or client.create_collection(
                    _REGISTRY, schema=schema, index_params=index, consistency_level="Session", timeout=SECONDS
                )
            )
        )


def _row(record: MilvusRecord) -> dict[str, Any]:
    return {field: value for field, value in asdict(record).items() if field != "catalogue"}


def _owner_row(record: MilvusRecord) -> dict[str, Any]:
    row = {"name": record.owner_key, "encoder": record.catalogue}
    return row | {"dimension": record.dimension, "created": 0, "chosen": 0}
