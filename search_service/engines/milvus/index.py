"""An index in Milvus: one of its collections, searched by its HNSW."""

import logging
from collections.abc import Iterator
from threading import Event, Lock
from time import time_ns
from typing import Any

import numpy as np
from pymilvus import DataType, MilvusClient

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, IndexStats, VectorIndex
from search_service.engines.milvus.connection import SECONDS, Milvus, MissingError
from search_service.engines.recall import K, Probes, keep_best, worst
from search_service.engines.sampled_moments import SampledMoments
from search_service.engines.total_order import best_first, exact_scores, with_equals
from search_service.errors import UnknownCollection
from search_service.moments import Moments

log = logging.getLogger(__name__)
_LEAST_EF, _MOST_EF = 100, 10_000
_MOST_FOUND = 16_384  # that Milvus returns
_FEW = 2_000  # vectors that are fetched and ranked here rather than there
_LINKS = 16  # HNSW's M
_BATCH_BYTES = 8_000_000  # of vectors in one call: Milvus takes messages of up to 64 MB
_SAMPLE, _MOST_MEASURED = 50, 200_000
_SAME_SCORE = 1e-5  # what is found there and what is computed here are rounded a little differently
_BATCH_IDS = 5_000  # in one call, where Milvus returns at most 16,384 rows


class MilvusIndex(VectorIndex):
    """Reads see this process's own writes at once, other processes' after Milvus's next time tick.

    A batch that fails half-way may leave its first part written: repeating it completes it.
    """

    def __init__(self, milvus: Milvus, collection: str, name: str, dimension: int) -> None:
        self.dimension = dimension
        self._milvus, self._collection, self._name = milvus, collection, name
        self._one_writer = Lock()
        self._sampled = SampledMoments()
        self._generation = time_ns() // 1000  # Milvus counts no writes: a clock that only moves on
        self._saved = self._generation
        self._recall: dict[str, float] = {}
        self._unmeasured = 0  # vectors written or removed by this process since recall was measured

    def create(self) -> None:
        """Make the collection in Milvus; nothing happens when it's there."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimension)
        index = MilvusClient.prepare_index_params()
        index.add_index(
            "vector", index_type="HNSW", metric_type="IP", params={"M": _LINKS, "efConstruction": 200}
        )
        self._milvus.call(
            lambda client: client.create_collection(
                self._collection,
                schema=schema,
                index_params=index,
                consistency_level="Session",
                timeout=SECONDS,
            )
        )

    def drop(self) -> None:
        self._milvus.call(lambda client: client.drop_collection(self._collection, timeout=SECONDS))

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        rows = max(1, _BATCH_BYTES // (4 * self.dimension))
        with self._one_writer:
            for start in range(0, len(ids), rows):
                batch = zip(ids[start : start + rows].tolist(), vectors[start : start + rows], strict=True)
                data: list[dict[str, Any]] = [{"id": i, "vector": vector} for i, vector in batch]
                self._on("upsert", data=data)
                self._wrote(len(data))

    def remove(self, ids: Ids) -> int:
        removed = 0
        with self._one_writer:
            for batch in _batches(ids):
                there = [row["id"] for row in self._on("query", ids=batch, output_fields=["id"])]
                if there:
                    self._on("delete", ids=there)
                removed += len(there)
                self._wrote(len(there))
        return removed

    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        """Few allowed ids are fetched and ranked here: filtered so sharply, Lite's HNSW loses some."""
        if only.allow is not None and len(only.allow) <= _FEW:
            return self._exact(queries, k, only.allow, only.deny)

        def nearest(some: Vectors, count: int) -> list[Hits]:
            return self._nearest(some, count, only, _LEAST_EF)

        found = with_equals(nearest, queries, k, _LEAST_EF, max(k, _MOST_FOUND))
        if any(len(hits) < k for hits in found):
            self._complete(found, queries, k, only)
        return found

    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        rows: list[dict[str, Any]] = []
        for batch in _batches(ids):
            rows += self._on("query", ids=batch, output_fields=["id", "vector"])
        rows.sort(key=lambda row: row["id"])
        vectors = np.array([row["vector"] for row in rows], np.float32).reshape(-1, self.dimension)
        return np.array([row["id"] for row in rows], np.int64), vectors

    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        pages = self._on(
            "query_iterator",
            batch_size=_BATCH_IDS,
            limit=-1 if limit is None else limit,
            filter=f"id > {after}",
            output_fields=["id"],
        )
        stored: list[int] = []
        while page := self._milvus.call(lambda _: pages.next()):  # ascending, page by page
            stored += [row["id"] for row in page]
        pages.close()
        return np.array(sorted(stored), np.int64)

    def stats(self) -> IndexStats:
        """`bytes` is arithmetic: the vectors, their ids, and the lowest layer of the graph."""
        (row,) = self._on("query", filter="", output_fields=["count(*)"])
        count = int(row["count(*)"])
        return IndexStats(
            "milvus-hnsw",
            count,
            count * (4 * self.dimension + 8 + 8 * _LINKS),
            self._generation,
            worst(self._recall),
            recall=dict(self._recall) or None,
        )

    def moments(self) -> Moments | None:
        return self._sampled.known

    def measure(self, stop: Event) -> None:
        self._sampled.refresh(self, self.sample_ids, stop)

    def maintain(self, stop: Event) -> None:
        """Measure recall@10 on a sample: at first, and when a tenth was written since.

        The exact answer is found by reading every vector, so above 200,000 nothing is measured.
        """
        count = self.stats().count
        known = self._recall and self._unmeasured * 10 < count
        if known or not 0 < count <= _MOST_MEASURED:
            return
        self._unmeasured = 0
        stored = self.ids()
        size = min(_SAMPLE, len(stored))
        ids, queries = self.get(np.sort(np.random.default_rng().choice(stored, size, replace=False)))
        probes = Probes.of(ids, queries)
        exact = self._exact_scores(probes.queries, stop)
        if exact is None:
            return
        found = probes.nearest(self.search(probes.queries, K + 1))
        self._recall = probes.recall(found, probes.nearest_of_scores(exact), _SAME_SCORE)
        log.info("collection %s: recall@10 is %s", self._name, self._recall)

    def save(self) -> None:
        """Lite indexes only what is flushed, and only when it loads; the others see to it themselves."""
        with self._one_writer:
            if not self._milvus.is_lite or self._saved == self._generation:
                return
            self._on("flush")
            self._saved = self._generation
        self._on("release_collection")
        self._on("load_collection")

    def sample_ids(self, wanted: int, of: int) -> Ids:
        """Of all ids, which come without their vectors: Milvus draws no samples."""
        ids = self.ids()
        return np.sort(np.random.default_rng(of).choice(ids, min(wanted, len(ids)), replace=False))

    def _nearest(self, queries: Vectors, k: int, only: IdFilter, ef: int) -> list[Hits]:
        rows = self._on(
            "search",
            data=list(queries),
            limit=k,
            filter=_filter(only),
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": {"ef": max(k, ef)}},
        )
        return [_hits(row) for row in rows]

    def _complete(self, found: list[Hits], queries: Vectors, k: int, only: IdFilter) -> None:
        """Look further for what came back short although there is more: HNSW gives up at some point."""
        count = self.stats().count
        there = count if only.allow is None else min(count, len(only.allow))
        enough = min(k, there - (0 if only.deny is None else len(only.deny)))
        short = [position for position, hits in enumerate(found) if len(hits) < enough]
        if not short:
            return
        if count <= _FEW:
            more = self._exact(queries[short], k, self.ids(), only.deny)
        else:
            more = self._nearest(queries[short], k, only, _MOST_EF)
        for position, hits in zip(short, more, strict=True):
            found[position] = best_first(hits.ids, hits.scores, k)

    def _exact(self, queries: Vectors, k: int, ids: Ids, deny: Ids | None) -> list[Hits]:
        there, vectors = self.get(ids if deny is None else np.setdiff1d(ids, deny))
        return [best_first(there, row, k) for row in exact_scores(queries, vectors)]

    def _exact_scores(self, queries: Vectors, stop: Event) -> Vectors | None:
        """Each query's highest scores, its own among them; `None` when it was told to stop."""
        best = np.empty((len(queries), 0), np.float32)
        pages = self._on(
            "query_iterator",
            batch_size=max(1, min(_BATCH_IDS, _BATCH_BYTES // (4 * self.dimension))),
            filter="id >= 0",
            output_fields=["id", "vector"],
        )
        while not stop.is_set() and (page := self._milvus.call(lambda _: pages.next())):
            rows = np.array([row["vector"] for row in page], np.float32)
            best = keep_best(best, queries @ rows.T, K + 1)
        pages.close()
        return None if stop.is_set() else best

    def _on(self, method: str, **values: Any) -> Any:
        try:
            return self._milvus.on(
                self._collection,
                lambda client: getattr(client, method)(self._collection, timeout=SECONDS, **values),
            )
        except MissingError as error:  # dropped meanwhile
            raise UnknownCollection(self._name, []) from error

    def _wrote(self, vectors: int) -> None:
        self._unmeasured += vectors
        self._generation = max(self._generation + 1, time_ns() // 1000)


def _batches(ids: Ids) -> Iterator[list[int]]:
    return (ids[start : start + _BATCH_IDS].tolist() for start in range(0, len(ids), _BATCH_IDS))


def _filter(only: IdFilter) -> str:
    parts = [] if only.allow is None else [f"id in {only.allow.tolist()}"]
    if only.deny is not None and len(only.deny):
        parts.append(f"id not in {only.deny.tolist()}")
    return " and ".join(parts)


def _hits(row: Any) -> Hits:
    ids = np.array([hit["id"] for hit in row], np.int64)
    return Hits(ids, np.array([hit["distance"] for hit in row], np.float32))
