"""With the other services down, silent or unreachable, everything says so within 2 s."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import ServiceDown
from aggregate_service.main import create_app, embedding_client, search_service_client
from tests.aggregate_service.conftest import World
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.network import Absent, Network, refused, silent, unreachable
from tests.aggregate_service.servers import blackhole_port
from tests.aggregate_service.web.routes.test_search import BROWSER, upload
from tests.search_service.real_engines import PostgresServer
from tests.virtual_clock import timed


class Visitor:
    """Asks the app, and is answered within 2 s by the clock that deadlines go by."""

    def __init__(self, app: FastAPI) -> None:
        self._http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost")

    async def get(self, path: str, **asked: str) -> httpx2.Response:
        return await self._answer("GET", path, params=asked)

    async def page(self) -> httpx2.Response:
        return await self._answer("GET", "/", headers=BROWSER)

    async def upload(self, world: World, headers: dict[str, str]) -> httpx2.Response:
        return await self._answer("POST", "/", files=upload(world, "red.jpg"), headers=headers)

    async def _answer(self, method: str, path: str, **content: object) -> httpx2.Response:
        now = asyncio.get_running_loop().time
        start = now()
        answer = await self._http.request(method, path, **content)  # type: ignore[arg-type]
        assert now() - start < 2
        return answer


@asynccontextmanager
async def visited(world: World, embedding: EmbeddingClient, search: SearchClient) -> AsyncIterator[Visitor]:
    """Without the work beside the requests, whose timers would move the clock."""
    app = create_app(world.settings, embedding=embedding, search_client=search)
    yield Visitor(app)
    await embedding.close()
    await search.close()
    app.state.parts.catalog.close()


@pytest.mark.parametrize("absent", [refused, silent, unreachable])
@pytest.mark.parametrize("broken", ["embedding", "search"])
def test_a_service_that_is_not_there(world: World, absent: Absent, broken: str) -> None:
    world.index()
    there = {"embedding": world.embedding.app(), "search": world.search.app()}
    network = Network(**there | {broken: absent})

    async def visit() -> None:
        embedding = EmbeddingClient(["http://embedding"], transport=network)
        search = SearchClient("http://search", transport=network)
        async with visited(world, embedding, search) as visitor:
            await everything_says_so(visitor, world, broken)

    timed(visit())


async def everything_says_so(visitor: Visitor, world: World, broken: str) -> None:
    assert (await visitor.page()).status_code == 200
    problem = (await visitor.get("/")).json()["problem"]
    assert (problem["status"], f"{broken} service" in problem["detail"]) == (503, True)
    for accept in ({}, BROWSER):
        answer = await visitor.upload(world, accept)
        assert answer.status_code == 503
        assert f"{broken} service" in answer.text
    assert (await visitor.get("/search", text="red")).status_code == 503
    assert (await visitor.get("/readyz")).status_code == 503
    assert (await visitor.get("/healthz")).status_code == 200
    assert (await visitor.get("/images/0/thumbnail")).status_code == 200


def test_it_works_again_when_the_service_is_back(world: World) -> None:
    world.index()
    network = Network(gone=refused, embedding=world.embedding.app(), search=world.search.app())

    async def visit() -> None:
        embedding = EmbeddingClient(["http://gone", "http://embedding"], transport=network)
        search = SearchClient("http://search", transport=network)
        async with visited(world, embedding, search) as visitor:
            for _ in range(3):
                assert (await visitor.upload(world, {})).status_code == 200

    timed(visit())


def test_every_address_of_the_settings_is_asked_for_as_long_as_they_say(world: World) -> None:
    with blackhole_port() as one, blackhole_port() as two:
        settings = world.settings.model_copy(
            update={"embedding_api_url": f"{one}, {two}", "search_api_url": one, "connect_seconds": 0.25}
        )

        async def ask() -> ServiceDown:
            client = embedding_client(settings)
            with pytest.raises(ServiceDown) as down:
                await client.encoder()
            await client.close()
            return down.value

        async def search() -> None:
            client = search_service_client(settings)
            with pytest.raises(ServiceDown):
                await client.collections()
            await client.close()

        down, seconds = timed(ask())
        assert f"{one.removeprefix('http://')} or {two.removeprefix('http://')}" in down.detail
        assert seconds == pytest.approx(0.5)
        assert timed(search())[1] == pytest.approx(0.25)


def test_the_page_loads_while_the_catalogues_database_is_away(world: World, postgres: PostgresServer) -> None:
    address = SecretStr(empty_postgres(postgres))
    world.settings = world.settings.model_copy(update={"database_url": address})
    world.index()

    async def visit() -> None:
        async with visited(world, world.embedding_client(), world.search_client()) as visitor:
            assert (await visitor.get("/images")).json()["total"] == 7
            postgres.stop()
            try:
                await everything_says_that_the_database_is_away(visitor, world)
            finally:
                postgres.start()
            assert (await visitor.get("/images")).json()["total"] == 7
            assert (await visitor.get("/readyz")).status_code == 200

    timed(visit())


async def everything_says_that_the_database_is_away(visitor: Visitor, world: World) -> None:
    assert (await visitor.page()).status_code == 200
    assert "database" in (await visitor.get("/")).json()["problem"]["detail"]
    for path in ("/images", "/images/0", "/images/0/file", "/readyz"):
        answer = await visitor.get(path)
        assert (answer.status_code, "database" in answer.json()["detail"]) == (503, True), path
    assert (await visitor.upload(world, BROWSER)).status_code == 503
