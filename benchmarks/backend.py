"""Measures one backend at an address of yours, before and after it has its index, and with a filter.

python -m benchmarks.backend pgvector postgresql://… rows.npy queries.npy > result.json
python -m benchmarks.backend milvus http://127.0.0.1:19530 rows.npy queries.npy > result.json
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from threading import Event
from time import perf_counter
from typing import Any

import numpy as np

from search_service.collection import Collection
from search_service.config import Settings
from search_service.engines.arrays import Vectors
from search_service.engines.backend import Backend
from search_service.engines.base import IdFilter
from search_service.engines.open import open_backend

_NAME, _ENCODER, _BATCH, _K = "benchmark", "benchmark@1", 5_000, 10


def main(arguments: list[str]) -> None:
    backend_name, address, rows_file, queries_file = arguments
    rows, queries = np.load(rows_file), np.load(queries_file)
    backend = open_backend(_settings(backend_name, address))
    if _NAME in backend.collections():
        backend.drop(_NAME)
    result = _machine() | {"backend": backend_name, "vectors": len(rows), "dimension": rows.shape[1]}
    result["load_seconds"] = _seconds(lambda: _load(backend, rows))
    result["unindexed"] = _measured(backend.named(_NAME), rows, queries[:20])
    result["index_seconds"] = _seconds(lambda: backend.maintain(Event())) + _seconds(backend.save)
    collection = backend.named(_NAME)
    result["indexed"] = _measured(collection, rows, queries)
    result["kind"], result["bytes_a_vector"] = collection.index.stats().kind, _bytes(collection)
    new = np.arange(len(rows), len(rows) + 1000)
    result["add_1000_seconds"] = _seconds(
        lambda: collection.index.upsert(new, np.roll(rows[:1000], 1, axis=1))
    )
    result["remove_1000_seconds"] = _seconds(lambda: collection.index.remove(new))
    backend.drop(_NAME)
    backend.close()
    print(json.dumps(result, indent=1))


def _settings(backend: str, address: str) -> Settings:
    where = "database_url" if backend == "pgvector" else "milvus_uri"
    return Settings(**{"backend": backend, where: address, "hnsw_from": 0})  # type: ignore[arg-type]


def _machine() -> dict[str, Any]:
    load = round(os.getloadavg()[0], 1)
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load_average": load}


def _load(backend: Backend, rows: Vectors) -> None:
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        backend.upsert(_NAME, _ENCODER, np.arange(start, start + len(batch)), batch)


def _measured(collection: Collection, rows: Vectors, queries: Vectors) -> dict[str, float]:
    """One query at a time, then all of them in one call."""
    exact = np.argpartition(-queries @ rows.T, _K, axis=1)[:, :_K]
    found, times = [], []
    for position in range(len(queries)):
        start = perf_counter()
        found.append(collection.search(queries[position : position + 1], _K)[0].ids)
        times.append(1e3 * (perf_counter() - start))
    right = [len(np.intersect1d(ids, best)) for ids, best in zip(found, exact, strict=True)]
    deny = IdFilter(deny=np.unique(exact))  # every true neighbour of every query: the filter has work to do
    batch = _seconds(lambda: collection.search(queries, _K))
    return {
        "recall_at_10": float(np.mean(right) / _K),
        "p50_ms": float(np.percentile(times, 50)),
        "p99_ms": float(np.percentile(times, 99)),
        "batch_queries_a_second": len(queries) / batch,
        "denied_ids": len(np.unique(exact)),
        "denied_ms": 1e3 * _seconds(lambda: collection.search(queries[:1], _K, only=deny)),
    }


def _bytes(collection: Collection) -> float:
    stats = collection.index.stats()
    return stats.bytes / stats.count


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    main(sys.argv[1:])
