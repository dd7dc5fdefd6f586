"""What large JSON bodies cost, others meanwhile and their senders: as ratios, which machines change less."""

import asyncio
import base64
import json
import os
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from embedding_service.web.long_strings import loads
from search_service.config import Settings
from search_service.main import create_app
from search_service.web.json_body import JsonBody, read_fields
from service_kit.arrays import NPY, to_npy

_ROUNDS = 5
_ROWS = np.random.default_rng(0).normal(size=(1024, 512)).astype(np.float32)
_FLOATS = json.dumps({"embeddings": _ROWS.tolist()}).encode()
_STRINGS = json.dumps({"input": [base64.b64encode(os.urandom(12_000_000)).decode()] * 5}).encode()


def main() -> None:
    """Print, for each measure, seconds, the seconds that it is compared with, and how they compare."""
    show("longest pause for others, 12 MB of floats", pause(read_floats, _FLOATS), pause(json.loads, _FLOATS))
    show("longest pause for others, 80 MB of base64", pause(loads, _STRINGS), pause(json.loads, _STRINGS))
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as client:
        wait_for(client)
        store(client)
        binary = best(lambda: search(client, to_npy(_ROWS), NPY, 200))
        show("largest search, JSON against .npy", best(lambda: search_json(client, _FLOATS, 200)), binary)
        refused = best(lambda: search_json(client, b"[" * 32_000_001, 413))
        show("JSON that is too large, against the largest search", refused, binary)


def show(what: str, seconds: float, other: float) -> None:
    ratio = seconds / other
    print(f"{what:52} {seconds * 1e3:8.1f} ms {other * 1e3:8.1f} ms   ratio {ratio:.2f}", flush=True)


def best(work: Callable[[], object]) -> float:
    """Seconds of the fastest round: whatever else the machine does only adds to it."""
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def pause(read: Callable[[bytes], Any], body: bytes) -> float:
    """Seconds that the event loop stands still at most while a thread reads the body; the best round's."""

    async def longest() -> float:
        reading, ticks = asyncio.create_task(asyncio.to_thread(read, body)), [time.perf_counter()]
        while not reading.done():
            await asyncio.sleep(0)
            ticks.append(time.perf_counter())
        return max(later - sooner for sooner, later in pairwise(ticks))

    return min(asyncio.run(longest()) for _ in range(_ROUNDS))


def read_floats(body: bytes) -> dict[str, Any]:
    def rows(cursor: JsonBody, field: str) -> Any:
        return cursor.matrix(field, len(_ROWS))

    return read_fields(body, {"embeddings": rows})


def served(folder: Path) -> TestClient:
    settings = Settings().model_copy(update={"data_dir": folder, "index_save_path": folder / "index.faiss"})
    return TestClient(create_app(settings))


def wait_for(client: TestClient) -> None:
    while client.get("/readyz").status_code != 200:
        time.sleep(0.05)


def store(client: TestClient) -> None:
    body = {"collection": "c", "encoder": "e", "ids": list(range(len(_ROWS))), "vectors": _ROWS.tolist()}
    client.put("/vectors", json=body).raise_for_status()


def search_json(client: TestClient, body: bytes, expected: int) -> None:
    search(client, body, "application/json", expected)


def search(client: TestClient, body: bytes, kind: str, expected: int) -> None:
    answer = client.post("/search?k=1000", content=body, headers={"content-type": kind})
    if answer.status_code != expected:
        raise RuntimeError(answer.text[:500])


if __name__ == "__main__":
    main()
