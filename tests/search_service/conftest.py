"""The search service as its clients see it, on a folder that each test has for itself; and real engines."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from search_service.engines.faiss.store import Store
from tests.search_service import real_engines
from tests.search_service.samples import put, running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty one in `vectors.db`."""
    with closing(Store(tmp_path / "vectors.db")) as opened:
        yield opened


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        yield client


@pytest.fixture
def client(empty: TestClient) -> TestClient:
    """Holds 20 vectors, ids 0 to 19."""
    put(empty)
    return empty


@pytest.fixture(scope="module")
def lasting_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """As `client`, for all tests of a file that leave the 20 vectors as they are."""
    with running(tmp_path_factory.mktemp("search")) as client:
        put(client)
        yield client


@pytest.fixture(scope="session")
def postgres() -> Iterator[real_engines.PostgresServer]:
    with real_engines.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[real_engines.MilvusServer]:
    with real_engines.milvus(tmp_path_factory.mktemp("milvus")) as server:
        yield server


@pytest.fixture(params=["postgres", "milvus"])
def engine(request: pytest.FixtureRequest) -> real_engines.Engine:
    chosen: real_engines.Engine = request.getfixturevalue(request.param)
    return chosen
