"""A PostgreSQL that stands still (SIGSTOP): requests hear so meanwhile, and all is well when it goes on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from search_service.config import Settings
from search_service.engines.backend import Backend
from search_service.main import create_app
from tests.search_service.real_engines import PostgresServer
from tests.search_service.samples import (
    COLLECTION,
    is_problem,
    put,
    ready,
    settings,
    vectors,
    wait_until_ready,
)
from tests.waiting import wait_until

SEARCH = {"embeddings": vectors(20).tolist(), "k": 1}


def impatient(settings: Settings) -> Backend:
    """As the service opens it, but silence is noticed sooner."""
    from search_service.engines.pgvector.backend import PgvectorBackend

    assert settings.database_url is not None
    return PgvectorBackend(settings.database_url.get_secret_value(), 9, settings.hnsw_from, patience=0.2)


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.database()


@pytest.fixture
def client(tmp_path: Path, url: str) -> Iterator[TestClient]:
    chosen = settings(tmp_path, backend="pgvector", database_url=url)
    with ready(create_app(chosen, impatient)) as client:
        put(client)
        yield client


@contextmanager
def locked(url: str) -> Iterator[Any]:
    """Nobody else gets at the vectors; yields the connection that holds them."""
    import psycopg

    with psycopg.connect(url) as db:
        db.execute("LOCK TABLE image_search.vectors_1 IN ACCESS EXCLUSIVE MODE")
        yield db


def count(db: Any, query: str) -> int:
    return int(db.execute(query).fetchone()[0])


def test_frozen_between_requests(client: TestClient, postgres: PostgresServer) -> None:
    with postgres.frozen(), ThreadPoolExecutor(1) as pool:
        for _time in range(2):
            answer = pool.submit(client.post, "/search", json=SEARCH).result(timeout=120)
            is_problem(answer, 503, "PostgreSQL doesn't answer")
        assert client.get("/healthz").status_code == 200
    wait_until_ready(client)
    assert client.post("/search", json=SEARCH).json()["indexes"] == [[i] for i in range(20)]


def test_frozen_in_the_middle_of_statements(client: TestClient, postgres: PostgresServer, url: str) -> None:
    def ask(number: int) -> Any:
        if number % 2:
            return client.post("/search", json=SEARCH)
        return client.get(f"/collections/{COLLECTION}/ids")

    with ThreadPoolExecutor(4) as pool, locked(url) as db:
        asked = [pool.submit(ask, number) for number in range(4)]
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: count(db, waiting) == 4, "all four to wait for the lock")
        with postgres.frozen():
            answers = [each.result(timeout=120) for each in asked]
    for answer in answers:
        is_problem(answer, 503, "PostgreSQL doesn't answer")
    wait_until_ready(client)
    assert put(client, first=20, count=5)["count"] == 25


def test_slow_isnt_frozen(client: TestClient, url: str) -> None:
    """A statement that waits on a server that answers others is waited for."""
    import psycopg

    sessions = "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
    with ThreadPoolExecutor(1) as pool, psycopg.connect(url, autocommit=True) as other:
        with locked(url):
            asked = pool.submit(client.post, "/search", json=SEARCH)
            before = count(other, sessions)
            wait_until(lambda: count(other, sessions) > before + 3, "PostgreSQL to be asked whether it lives")
            assert not asked.done()
        assert asked.result(timeout=120).status_code == 200
