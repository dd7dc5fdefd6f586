"""A disk that is full: writes get 507, reads go on, and it resumes when there is room."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPZ, to_npz
from tests.faults.small_disk import mounted
from tests.search_service.samples import running, vectors

DIMENSION, BATCH = 64, 2000
ROWS = vectors(BATCH, DIMENSION)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "small", 24):
        yield tmp_path / "small"


def put(client: TestClient, batch: int) -> int:
    body = to_npz(ids=np.arange(batch * BATCH, (batch + 1) * BATCH), vectors=ROWS)
    query = {"collection": "c", "encoder": "fake@1:64"}
    return client.put("/vectors", content=body, params=query, headers={"content-type": NPZ}).status_code


def count(client: TestClient) -> int:
    held: int = client.get("/collections/c").json()["count"]
    return held


@pytest.mark.parametrize("exact_up_to", [10**6, 1000])
def test_full_disk(small_disk: Path, exact_up_to: int) -> None:
    settings = {"exact_up_to": exact_up_to, "snapshot_seconds": 0.1}
    with running(small_disk, **settings) as client:
        filler = small_disk / "filler"
        assert put(client, 0) == 200
        time.sleep(1.5)  # for an approximate index to be built
        filler.write_bytes(b"x" * 4_000_000)
        written = 1
        while (status := put(client, written)) == 200:
            written += 1
        assert status == 507
        assert put(client, written) == 507
        before = count(client)
        assert before in (written * BATCH, (written + 1) * BATCH)
        found = client.post("/search", json={"embeddings": ROWS[:3].tolist(), "k": 1}).json()
        assert np.allclose(found["scores"], 1)
        filler.unlink()
        until = time.monotonic() + 30
        while put(client, written) != 200 and time.monotonic() < until:
            time.sleep(0.2)
        assert count(client) == (written + 1) * BATCH
    with running(small_disk, **settings) as client:
        assert count(client) == (written + 1) * BATCH
        assert client.get("/collections/c/ids", params={"after": before - 2}).json()["ids"][0] == before - 1
