"""With the other services down, silent or unreachable, everything says so within 2 s."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import monotonic

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from aggregate_service.main import create_app
from tests.aggregate_service.conftest import World
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.routes.test_search import BROWSER, upload
from tests.aggregate_service.servers import blackhole_port, closed_port, serving, silent_port
from tests.search_service.engines import PostgresServer

Address = Callable[[], AbstractContextManager[str]]


@contextmanager
def down() -> Iterator[str]:
    with nullcontext(closed_port()) as address:
        yield address


@contextmanager
def quick() -> Iterator[float]:
    start = monotonic()
    yield start
    assert monotonic() - start < 2


@pytest.mark.parametrize("address", [down, silent_port, blackhole_port])
@pytest.mark.parametrize("broken", ["embedding", "search"])
def test_a_service_that_is_not_there(world: World, address: Address, broken: str) -> None:
    world.index()
    with (
        serving(world.embedding.app()) as embedding,
        serving(world.search.app()) as search,
        address() as dead,
    ):
        urls = {"embedding_api_url": embedding, "search_api_url": search} | {f"{broken}_api_url": dead}
        with TestClient(create_app(world.settings.model_copy(update=urls))) as client:
            assert_everything_says_so(client, world, broken)


def assert_everything_says_so(client: TestClient, world: World, broken: str) -> None:
    with quick():
        page = client.get("/", headers=BROWSER)
    assert page.status_code == 200
    problem = client.get("/").json()["problem"]
    assert (problem["status"], f"{broken} service" in problem["detail"]) == (503, True)
    for accept in ({}, BROWSER):
        with quick():
            answer = client.post("/", files=upload(world, "red.jpg"), headers=accept)
        assert answer.status_code == 503
        assert f"{broken} service" in answer.text
    with quick():
        assert client.get("/search", params={"text": "red"}).status_code == 503
    with quick():
        assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/images/0/thumbnail").status_code == 200


def test_it_works_again_when_the_service_is_back(world: World) -> None:
    world.index()
    with serving(world.embedding.app()) as embedding, serving(world.search.app()) as search:
        urls = {"embedding_api_url": f"{closed_port()}, {embedding}", "search_api_url": search}
        with TestClient(create_app(world.settings.model_copy(update=urls))) as client:
            for _ in range(3):
                assert client.post("/", files=upload(world, "red.jpg")).status_code == 200


def test_the_page_loads_while_the_catalogues_database_is_away(world: World, postgres: PostgresServer) -> None:
    address = SecretStr(empty_postgres(postgres))
    world.settings = world.settings.model_copy(update={"database_url": address})
    world.index()
    clients = {"embedding": world.embedding_client(), "search_client": world.search_client()}
    with TestClient(create_app(world.settings, **clients)) as client:  # type: ignore[arg-type]
        assert client.get("/images").json()["total"] == 7
        postgres.stop()
        try:
            with quick():
                page = client.get("/", headers=BROWSER)
            assert page.status_code == 200
            assert "database" in client.get("/").json()["problem"]["detail"]
            for path in ("/images", "/images/0", "/images/0/file", "/readyz"):
                answer = client.get(path)
                assert (answer.status_code, "database" in answer.json()["detail"]) == (503, True), path
            assert client.post("/", files=upload(world, "red.jpg"), headers=BROWSER).status_code == 503
        finally:
            postgres.start()
        assert client.get("/images").json()["total"] == 7
        assert client.get("/readyz").status_code == 200
