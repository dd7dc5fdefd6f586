"""The search service as its clients see it, on a folder that each test has for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.search_service.samples import put, running


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    with running(tmp_path) as client:
        yield client


@pytest.fixture
def client(empty: TestClient) -> TestClient:
    """Holds 20 vectors, ids 0 to 19."""
    put(empty)
    return empty
