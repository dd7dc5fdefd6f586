"""A PostgreSQL that stands still (SIGSTOP): requests hear so in time, and all is well when it goes on."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.search_service.engines import PostgresServer
from tests.search_service.samples import COLLECTION, is_problem, put, running, vectors
from tests.search_service.test_engine_faults import wait_until_ready

SEARCH = {"embeddings": vectors(20).tolist(), "k": 1}
MOST_SECONDS = 10


def test_frozen_between_requests(tmp_path: Path, postgres: PostgresServer) -> None:
    with running(tmp_path, **postgres.settings()) as client:
        put(client)
        with postgres.frozen():
            for _time in range(2):
                start = time.monotonic()
                answer = client.post("/search", json=SEARCH)
                assert time.monotonic() - start < MOST_SECONDS
                is_problem(answer, 503, "PostgreSQL doesn't answer")
            assert client.get("/healthz").status_code == 200
        wait_until_ready(client)
        assert client.post("/search", json=SEARCH).json()["indexes"] == [[i] for i in range(20)]


def test_frozen_in_the_middle_of_statements(tmp_path: Path, postgres: PostgresServer) -> None:
    import psycopg

    settings = postgres.settings()
    with running(tmp_path, **settings) as client, ThreadPoolExecutor(4) as pool:
        put(client)

        def ask(number: int) -> tuple[Any, float]:
            start = time.monotonic()
            if number % 2:
                answer = client.post("/search", json=SEARCH)
            else:
                answer = client.get(f"/collections/{COLLECTION}/ids")
            return answer, time.monotonic() - start

        with psycopg.connect(settings["database_url"]) as other:
            other.execute("LOCK TABLE image_search.vectors_1 IN ACCESS EXCLUSIVE MODE")
            asked = [pool.submit(ask, number) for number in range(4)]
            time.sleep(1)  # all of them wait for the lock now
            with postgres.frozen():
                answers = [each.result(timeout=30) for each in asked]
        for answer, seconds in answers:
            assert seconds < 1 + MOST_SECONDS
            is_problem(answer, 503, "PostgreSQL doesn't answer")
        wait_until_ready(client)
        assert put(client, first=20, count=5)["count"] == 25


def test_slow_isnt_frozen(tmp_path: Path, postgres: PostgresServer) -> None:
    """A statement that waits for six seconds on a server that answers others is waited for."""
    import psycopg

    settings = postgres.settings()
    with running(tmp_path, **settings) as client, ThreadPoolExecutor(1) as pool:
        put(client)
        with psycopg.connect(settings["database_url"]) as other:
            other.execute("LOCK TABLE image_search.vectors_1 IN ACCESS EXCLUSIVE MODE")
            asked = pool.submit(lambda: client.post("/search", json=SEARCH))
            time.sleep(6)
            assert not asked.done()
        assert asked.result(timeout=20).status_code == 200
