"""PostgreSQL or Milvus stopped: a 503 that names it, in time, and back by itself with nothing lost."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from search_service.main import create_app
from tests.search_service.engines import Engine
from tests.search_service.samples import COLLECTION, is_problem, put, running, settings, vectors

SEARCH = {"embeddings": vectors(20).tolist(), "k": 1}


def wait_until_ready(client: TestClient) -> None:
    until = time.monotonic() + 60
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until, client.get("/readyz").text
        time.sleep(0.05)


def test_stopped_under_a_running_service(tmp_path: Path, engine: Engine) -> None:
    with running(tmp_path, **engine.settings()) as client:
        put(client)
        requests: list[Callable[[], Any]] = [
            lambda: client.post("/search", json=SEARCH),
            lambda: client.get("/readyz"),
            lambda: client.get("/collections"),
            lambda: client.get(f"/collections/{COLLECTION}/ids"),
            lambda: client.request("DELETE", "/vectors", json={"collection": COLLECTION, "ids": [1]}),
        ]
        for _time in range(2):
            engine.stop()
            try:
                for request in requests:
                    start = time.monotonic()
                    answer = request()
                    assert time.monotonic() - start < 4
                    is_problem(answer, 503, f"{engine.name} doesn't answer")
                    assert answer.headers["retry-after"] == "2"
                assert client.get("/healthz").status_code == 200
            finally:
                engine.start()
            wait_until_ready(client)
            found = client.post("/search", json=SEARCH)
            assert found.json()["indexes"] == [[i] for i in range(20)], found.text
        assert put(client, first=20, count=5)["count"] == 25


def test_stopped_while_the_service_starts(tmp_path: Path, engine: Engine) -> None:
    chosen = settings(tmp_path, **engine.settings())
    engine.stop()
    try:
        with TestClient(create_app(chosen)) as client:
            until = time.monotonic() + 10
            while "still loading" in client.get("/readyz").text and time.monotonic() < until:
                time.sleep(0.05)
            is_problem(client.get("/readyz"), 503, f"{engine.name} doesn't answer")
            is_problem(client.post("/search", json=SEARCH), 503, f"{engine.name} doesn't answer")
            engine.start()
            wait_until_ready(client)
            assert put(client)["count"] == 20
    finally:
        engine.start()
