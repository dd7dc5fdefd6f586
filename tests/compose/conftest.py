"""One running deployment for all Compose tests; `scripts/test-compose` sets RUN_COMPOSE."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.compose.stack import Stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip = pytest.mark.skip(reason="builds images with a Docker engine: run `make test-compose`")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.compose)
            if not os.environ.get("RUN_COMPOSE"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Built, started, healthy; removed with its volumes and images, whatever happened."""
    stack = Stack(tmp_path_factory.mktemp("compose") / "test.env")
    try:
        timed("built", stack, "build", seconds=1500)
        timed("started", stack, "up", "-d", "--no-build")
        yield stack
    finally:
        if request.session.testsfailed or sys.exc_info()[0]:
            print(stack.compose("logs", "--no-color", "--tail", "60"))
        stack.compose("down", "--volumes", "--remove-orphans", "--rmi", "local", seconds=180)


@pytest.fixture(scope="session")
def aggregate(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stack.address("AGG_FASTAPI_PORT"), timeout=30) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="session")
def embedding(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stack.address("EMBEDDING_FASTAPI_PORT"), timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def search(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stack.address("SEARCH_FASTAPI_PORT"), timeout=30) as client:
        yield client


def timed(what: str, stack: Stack, *arguments: str, seconds: float = 900) -> None:
    start = time.monotonic()
    stack.compose(*arguments, seconds=seconds)
    print(f"compose: {what} in {time.monotonic() - start:.0f} s")


def wait_until_ready(client: httpx2.Client, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        if time.monotonic() > deadline:
            pytest.fail(f"{client.base_url} wasn't ready after {seconds:.0f} s")
        time.sleep(0.5)
