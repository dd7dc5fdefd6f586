"""A folder indexed by the command that people use, beside what the embedding engine does on its own."""

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalogue_services import MemoryWatch, Services
from benchmarks.embedding_client import batch_request, clients

# Photos in a request, and connections; the engine's own rate is the best of these.
_WAYS = ((1, 32), (32, 4), (32, 8))
_WARM_UP = 64


def indexing(services: Services, folder: Path, count: int, sample: int) -> dict[str, Any]:
    """Photos a second: the engine alone before and after, the whole run of `index DIR` in between."""
    services.start("embedding_service")
    services.start("search_service")
    photos = [path.read_bytes() for path in itertools.islice(sorted(folder.rglob("*.jpg")), sample)]
    _settle(services, photos[:_WARM_UP])
    before = _engine_alone(services, photos)
    seconds, memory = _index(services, folder)
    after = _engine_alone(services, photos)
    engine = (before + after) / 2
    return {
        "photos": count,
        "engine_photos_a_second": {"before": round(before, 1), "after": round(after, 1)},
        "indexed_photos_a_second": round(count / seconds, 1),
        "seconds": round(seconds, 1),
        "ratio_to_engine": round(count / seconds / engine, 3),
        "memory_mb": memory,
        "again_seconds": round(_index(services, folder)[0], 1),
    }


def _settle(services: Services, photos: Sequence[bytes], seconds: float = 40) -> None:
    """Until the fastest runtime has replaced the reference one, which takes a while after the start."""
    until = time.monotonic() + seconds
    rates: list[float] = []
    while time.monotonic() < until and not _is_steady(rates):
        rates.append(_rate(services, photos, 32, 2))


def _is_steady(rates: Sequence[float]) -> bool:
    last = rates[-5:]
    return len(rates) >= 10 and max(last) < 1.1 * min(last)


def _engine_alone(services: Services, photos: Sequence[bytes]) -> float:
    return max(_rate(services, photos, *way) for way in _WAYS)


def _rate(services: Services, photos: Sequence[bytes], at_once: int, connections: int) -> float:
    port = services.ports["embedding_service"]
    batches = [photos[start : start + at_once] for start in range(0, len(photos), at_once)]
    requests = [batch_request(batch, port) for batch in batches]
    began = time.perf_counter()
    answers = asyncio.run(clients(port, requests, connections))
    seconds = time.perf_counter() - began
    if any(answer.status != 200 for answer in answers):
        raise RuntimeError("the embedding service refused a request")
    return len(photos) / seconds


def _index(services: Services, folder: Path) -> tuple[float, dict[str, Any]]:
    command = [sys.executable, "-m", "aggregate_service.cli", "index", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=services.environment, stdout=subprocess.DEVNULL)
    watched = {name: service.pid for name, service in services.processes.items()} | {"index": process.pid}
    with MemoryWatch(watched) as memory:
        code = process.wait()
    seconds = time.perf_counter() - began
    if code != 0:
        raise RuntimeError(f"the run ended with exit code {code}")
    return seconds, memory.megabytes()
