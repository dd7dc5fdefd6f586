"""What is measured of every engine, in a process that holds nothing else."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import memory_bytes
from benchmarks.search_engines import Engine
from search_service.engines.arrays import Ids, Vectors

K, TARGET, ADDED = 10, 0.98, 1000


def build(kind: type[Engine], folder: Path, data: Path, count: int) -> dict[str, Any]:
    vectors = np.load(data / "vectors.npy", mmap_mode="r")[:count]
    return {name: round(seconds, 2) for name, seconds in kind(folder).build(vectors).items()}


def measure(kind: type[Engine], folder: Path, data: Path, count: int) -> dict[str, Any]:
    """Start, recall (brought to its target where possible), latency, throughput, memory, add."""
    queries, truth, new = (np.load(data / f"{name}.npy") for name in ("queries", f"truth-{count}", "new"))
    engine = kind(folder)
    before, began = memory_bytes(), time.perf_counter()
    engine.start()
    engine.search(queries[:1], K)
    started = time.perf_counter() - began
    try:
        recall = _tuned(engine, queries, truth)
        return {
            "vectors": count,
            "start_seconds": round(started, 2),
            "recall_at_10": round(recall, 4),
            "one_query_ms": _latency(engine, queries),
            "batch_queries_a_second": _throughput(engine, queries),
            "memory_bytes_a_vector": round((memory_bytes() - before) / count, 1),
            "mapped_file_bytes_a_vector": round(memory_bytes("RssFile") / count, 1),
            "add_1000_seconds": _add(engine, new, count),
        } | engine.facts()
    finally:
        engine.stop()


def _tuned(engine: Engine, queries: Vectors, truth: Ids) -> float:
    recall = _recall(engine, queries, truth)
    while recall < TARGET and engine.harder():
        recall = _recall(engine, queries, truth)
    return recall


def _recall(engine: Engine, queries: Vectors, truth: Ids) -> float:
    found = engine.search(queries, K)
    hit = sum(len(np.intersect1d(ids, exact)) for ids, exact in zip(found, truth, strict=True))
    return hit / truth.size


def _latency(engine: Engine, queries: Vectors) -> dict[str, float]:
    """One at a time, each query once after a few that don't count."""
    for query in queries[:20]:
        engine.search(query[np.newaxis], K)
    taken = []
    for query in queries:
        began = time.perf_counter()
        engine.search(query[np.newaxis], K)
        taken.append((time.perf_counter() - began) * 1000)
    return {f"p{part}": round(float(np.percentile(taken, part)), 3) for part in (1, 50, 99)}


def _throughput(engine: Engine, queries: Vectors) -> float:
    began = time.perf_counter()
    engine.search(queries, K)
    return round(len(queries) / (time.perf_counter() - began), 1)


def _add(engine: Engine, new: Vectors, count: int) -> float:
    """Seconds until a thousand new vectors are added and found."""
    ids = np.arange(count, count + ADDED)
    began = time.perf_counter()
    engine.add(ids, new)
    found = engine.search(new[-1:], 1)[0]
    taken = time.perf_counter() - began
    engine.remove(ids)
    assert found.tolist() == ids[-1:].tolist(), "what was added isn't found"
    return round(taken, 3)
