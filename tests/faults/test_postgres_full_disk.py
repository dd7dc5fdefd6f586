"""PostgreSQL on a disk that is full: writes get 507, reads go on, and it resumes when there is room."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPZ, to_npz
from tests.faults.small_disk import mounted
from tests.search_service import real_engines
from tests.search_service.samples import running, vectors

DIMENSION, BATCH = 64, 2000
ROWS = vectors(BATCH, DIMENSION)


@pytest.fixture
def server() -> Iterator[real_engines.PostgresServer]:
    with real_engines.postgres() as server:
        yield server


@pytest.fixture
def small_disk(server: real_engines.PostgresServer) -> Iterator[Path]:
    """48 MB that hold one database; the server's own log is elsewhere, for without that it stops at once."""
    with tempfile.TemporaryDirectory(prefix="disk") as above:
        Path(above).chmod(0o755)  # the server may run as another user
        folder = Path(above) / "small"
        with mounted(folder, 48):
            owner = server.folder.stat()
            (folder / "tablespace").mkdir()
            for each in (folder, folder / "tablespace"):
                os.chown(each, owner.st_uid, owner.st_gid)
            yield folder / "tablespace"


def put(client: TestClient, batch: int) -> int:
    body = to_npz(ids=np.arange(batch * BATCH, (batch + 1) * BATCH), vectors=ROWS)
    query = {"collection": "c", "encoder": "fake@1:64"}
    return client.put("/vectors", content=body, params=query, headers={"content-type": NPZ}).status_code


def count(client: TestClient) -> int:
    held: int = client.get("/collections/c").json()["count"]
    return held


def test_full_disk(tmp_path: Path, small_disk: Path, server: real_engines.PostgresServer) -> None:
    url = server.database_in("cramped", small_disk)
    filler = small_disk.parent / "filler"
    with running(tmp_path, backend="pgvector", database_url=url) as client:
        assert put(client, 0) == 200
        filler.write_bytes(b"x" * 8_000_000)
        written = 1
        while (status := put(client, written)) == 200:
            written += 1
        assert status == 507
        assert put(client, written) == 507
        assert count(client) == written * BATCH
        found = client.post("/search", json={"embeddings": ROWS[:3].tolist(), "k": 1}).json()
        assert np.allclose(found["scores"], 1, atol=1e-5)
        filler.unlink()
        until = time.monotonic() + 30
        while put(client, written) != 200 and time.monotonic() < until:
            time.sleep(0.2)
        assert count(client) == (written + 1) * BATCH
