"""A folder indexed by the command that people use, beside what the embedding engine does on its own."""

import asyncio
import itertools
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.catalogue_services import MemoryWatch, RunningServices
from benchmarks.embedding_client import batch_request, clients

# Photos in a request, and connections; the engine's own rate is the best of these.
_WAYS = ((1, 32), (32, 4), (32, 8))
_WARM_UP = 64


@dataclass(frozen=True)
class Run:
    """`processor` is what each process used of the processor, in seconds."""

    seconds: float
    processor: Mapping[str, float]
    memory: Mapping[str, Mapping[str, int]]

    def rate(self, photos: int) -> float:
        return photos / self.seconds

    def milliseconds(self, photos: int) -> dict[str, float]:
        """Of processor time for each photo, by process: a busy machine doesn't change that."""
        return {name: round(seconds / photos * 1e3, 2) for name, seconds in self.processor.items()}


def indexing(services: RunningServices, folder: Path, count: int, sample: int) -> dict[str, Any]:
    """Photos a second: the engine alone before and after, the whole run of `index DIR` in between."""
    services.start("embedding_service")
    services.start("search_service")
    services.start("aggregate_service", path="/healthz")  # it is ready when something is indexed
    photos = [path.read_bytes() for path in itertools.islice(sorted(folder.rglob("*.jpg")), sample)]
    _settle(services, photos[:_WARM_UP])
    before = _engine_alone(services, photos)
    run = _index(services, folder)
    after = _engine_alone(services, photos)
    engine = (before.rate(len(photos)) + after.rate(len(photos))) / 2
    alone = (before.milliseconds(len(photos)), after.milliseconds(len(photos)))
    spent = run.milliseconds(count)
    return {
        "photos": count,
        "engine_photos_a_second": {
            "before": round(before.rate(len(photos)), 1),
            "after": round(after.rate(len(photos)), 1),
        },
        "indexed_photos_a_second": round(run.rate(count), 1),
        "seconds": round(run.seconds, 1),
        "ratio_to_engine": round(run.rate(count) / engine, 3),
        "processor_ms_a_photo": {
            "engine_alone": round(sum(each["embedding_service"] for each in alone) / 2, 2),
            "indexing": spent,
        },
        "memory_mb": run.memory,
        "again_seconds": round(_index(services, folder).seconds, 1),
    }


def _settle(services: RunningServices, photos: Sequence[bytes], seconds: float = 40) -> None:
    """Until the fastest runtime has replaced the reference one, which takes a while after the start."""
    until = time.monotonic() + seconds
    rates: list[float] = []
    while time.monotonic() < until and not _is_steady(rates):
        rates.append(_asked(services, photos, 32, 2).rate(len(photos)))


def _is_steady(rates: Sequence[float]) -> bool:
    last = rates[-5:]
    return len(rates) >= 10 and max(last) < 1.1 * min(last)


def _engine_alone(services: RunningServices, photos: Sequence[bytes]) -> Run:
    return min((_asked(services, photos, *way) for way in _WAYS), key=lambda run: run.seconds)


def _asked(services: RunningServices, photos: Sequence[bytes], at_once: int, connections: int) -> Run:
    port = services.ports["embedding_service"]
    batches = [photos[start : start + at_once] for start in range(0, len(photos), at_once)]
    requests = [batch_request(batch, port) for batch in batches]
    used, began = services.processor_seconds(), time.perf_counter()
    answers = asyncio.run(clients(port, requests, connections))
    seconds = time.perf_counter() - began
    if any(answer.status != 200 for answer in answers):
        raise RuntimeError("the embedding service refused a request")
    return Run(seconds, _since(used, services), {})


def _index(services: RunningServices, folder: Path) -> Run:
    command = [sys.executable, "-m", "aggregate_service.cli", "index", str(folder)]
    used, children, began = services.processor_seconds(), _used_by_children(), time.perf_counter()
    process = subprocess.Popen(command, env=services.environment, stdout=subprocess.DEVNULL)
    watched = {name: service.pid for name, service in services.processes.items()} | {"index": process.pid}
    with MemoryWatch(watched) as memory:
        code = process.wait()
    seconds = time.perf_counter() - began
    if code != 0:
        raise RuntimeError(f"the run ended with exit code {code}")
    processor = _since(used, services) | {"index": _used_by_children() - children}
    return Run(seconds, processor, memory.megabytes())


def _since(used: Mapping[str, float], services: RunningServices) -> dict[str, float]:
    return {name: now - used[name] for name, now in services.processor_seconds().items()}


def _used_by_children() -> float:
    """Of those that have ended: the services run on meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
