"""The engines that the benchmark measures, each behind the same four methods."""

import time
from abc import ABC, abstractmethod
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

import faiss
import numpy as np

from search_service.config import Settings
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.open import open_backend

COLLECTION, ENCODER = "benchmark", "clip-like@1:512"


class Engine(ABC):
    """Built in one process, started and measured in another."""

    name: ClassVar[str]
    most: ClassVar[int | None] = None  # vectors that it can hold here
    batch: ClassVar[int] = 10_000  # vectors in one write

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def build(self, vectors: Vectors) -> dict[str, float]:
        """From vectors, ids 0 to n - 1, to something `start` can load; returns the seconds of each step."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def search(self, queries: Vectors, k: int) -> list[Ids]: ...

    @abstractmethod
    def add(self, ids: Ids, vectors: Vectors) -> None: ...

    def remove(self, ids: Ids) -> None:  # noqa: B027  (nothing is measured of it after what was added)
        """Take out what `add` added, where it would last."""

    def harder(self) -> bool:
        """Search harder, where recall isn't what it should be; whether that's possible."""
        return False

    def facts(self) -> dict[str, Any]:
        return {}

    def stop(self) -> None:  # noqa: B027  (most have nothing to stop)
        pass


class ServiceEngine(Engine):
    """The search service's own engine, in process: store, snapshot, and index."""

    name = "service"

    def settings(self) -> dict[str, Any]:
        return {"build_threads": 2}

    def open(self) -> Backend:
        return open_backend(Settings(data_dir=self.folder, **self.settings()))

    def build(self, vectors: Vectors) -> dict[str, float]:
        self._backend = self.open()
        try:
            return self._built(self._backend, vectors)
        finally:
            self.stop()

    def _built(self, backend: Backend, vectors: Vectors) -> dict[str, float]:
        began = time.perf_counter()
        for start in range(0, len(vectors), self.batch):
            part = np.ascontiguousarray(vectors[start : start + self.batch])
            backend.upsert(COLLECTION, ENCODER, np.arange(start, start + len(part)), part)
        stored = time.perf_counter()
        backend.maintain(Event())
        backend.save()
        built = time.perf_counter()
        return {"store_seconds": stored - began, "build_seconds": built - stored}

    def start(self) -> None:
        self._backend = self.open()
        self._index = self._backend.collection(COLLECTION).index

    def search(self, queries: Vectors, k: int) -> list[Ids]:
        return [hits.ids for hits in self._index.search(queries, k)]

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._index.upsert(ids, vectors)

    def remove(self, ids: Ids) -> None:
        self._index.remove(ids)

    def stop(self) -> None:
        self._backend.close()

    def facts(self) -> dict[str, Any]:
        stats = self._index.stats()
        return {
            "kind": stats.kind,
            "own_recall_at_10": stats.recall_at_10,
            "own_recall": stats.recall,
            "own_bytes_a_vector": round(stats.bytes / max(1, stats.count), 1),
            "effort": stats.effort,
        }


class FlatEngine(Engine):
    """FAISS alone, exact, with nothing around it."""

    name = "faiss-flat"

    def build(self, vectors: Vectors) -> dict[str, float]:
        began, index = time.perf_counter(), faiss.IndexFlatIP(vectors.shape[1])
        for start in range(0, len(vectors), self.batch):
            index.add(np.ascontiguousarray(vectors[start : start + self.batch]))
        built = time.perf_counter()
        faiss.write_index(index, str(self.folder / "flat"))
        return {"build_seconds": built - began}

    def start(self) -> None:
        self._index = faiss.read_index(str(self.folder / "flat"))

    def search(self, queries: Vectors, k: int) -> list[Ids]:
        return list(self._index.search(queries, k)[1])

    def add(self, ids: Ids, vectors: Vectors) -> None:  # noqa: ARG002  (they are positions)
        self._index.add(vectors)


class HnswlibEngine(Engine):
    """hnswlib with the parameters of its own examples; float32 in memory."""

    name = "hnswlib"
    _LINKS, _CONSTRUCTION, _MOST_EF = 16, 200, 2048

    def build(self, vectors: Vectors) -> dict[str, float]:
        import hnswlib

        began, index = time.perf_counter(), hnswlib.Index("ip", vectors.shape[1])
        index.init_index(len(vectors), M=self._LINKS, ef_construction=self._CONSTRUCTION)
        for start in range(0, len(vectors), self.batch):
            index.add_items(np.ascontiguousarray(vectors[start : start + self.batch]))
        built = time.perf_counter()
        index.save_index(str(self.folder / "hnswlib"))
        return {"build_seconds": built - began}

    def start(self) -> None:
        import hnswlib

        self._index = hnswlib.Index("ip", 512)
        self._index.load_index(str(self.folder / "hnswlib"), max_elements=0)
        self._ef = 64
        self._index.set_ef(self._ef)

    def search(self, queries: Vectors, k: int) -> list[Ids]:
        threads = 1 if len(queries) == 1 else -1
        return list(self._index.knn_query(queries, k, num_threads=threads)[0].astype(np.int64))

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._index.resize_index(self._index.get_current_count() + len(ids))
        self._index.add_items(vectors, ids)

    def harder(self) -> bool:
        self._ef *= 2
        self._index.set_ef(self._ef)
        return self._ef < self._MOST_EF

    def facts(self) -> dict[str, Any]:
        return {"M": self._LINKS, "ef_construction": self._CONSTRUCTION, "ef": self._ef}
