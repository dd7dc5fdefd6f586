"""PostgreSQL or Milvus stopped: a 503 that names it, and back by itself with nothing lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from search_service.main import create_app
from tests.search_service.real_engines import Engine
from tests.search_service.samples import (
    COLLECTION,
    is_problem,
    put,
    running,
    settings,
    vectors,
    wait_until_loaded,
    wait_until_ready,
)

SEARCH = {"embeddings": vectors(20).tolist(), "k": 1}


# What gives up at once, or after a deadline of its own, instead of trying for as long as a call may take.
GIVEN_UP = ("couldn't get a connection after 1.50 sec", "Fail connecting to server")


def gave_up_soon(log: str) -> bool:
    reasons = [line for line in log.splitlines() if " is away: " in line]
    return bool(reasons) and all(any(soon in line for soon in GIVEN_UP) for line in reasons)


def test_stopped_under_a_running_service(
    tmp_path: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
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
            caplog.clear()
            try:
                for request in requests:
                    answer = request()
                    is_problem(answer, 503, f"{engine.name} doesn't answer")
                    assert answer.headers["retry-after"] == "2"
                assert gave_up_soon(caplog.text), caplog.text
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
            wait_until_loaded(client)
            is_problem(client.get("/readyz"), 503, f"{engine.name} doesn't answer")
            is_problem(client.post("/search", json=SEARCH), 503, f"{engine.name} doesn't answer")
            engine.start()
            wait_until_ready(client)
            assert put(client)["count"] == 20
    finally:
        engine.start()
