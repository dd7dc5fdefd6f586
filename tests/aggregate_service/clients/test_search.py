"""Owners of collections, pages of ids, and answers that break the search service's contract."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import ForeignCollection, NotIndexed, ServiceBroken, ServiceRefused
from service_kit.collection_name import collection_name
from tests.aggregate_service.fakes import FINGERPRINT, FakeSearch
from tests.aggregate_service.patient_clients import PatientSearch
from tests.aggregate_service.servers import serving
from tests.search_service.bundle.test_bundle import served


def test_vectors_go_in_and_are_found_listed_and_removed() -> None:
    fake = FakeSearch()

    async def run() -> None:
        client = PatientSearch(fake.app())
        name = collection_name(FINGERPRINT)
        assert await client.ids(name) == set()
        with pytest.raises(NotIndexed):
            await client.search(np.eye(4, dtype=np.float32), 2, FINGERPRINT)
        await client.upsert(FINGERPRINT, list(range(4)), np.eye(4, dtype=np.float32))
        found = await client.search(np.eye(4, dtype=np.float32)[1:2], 2, FINGERPRINT)
        assert (found.indexes[0][0], found.scores[0][0]) == (1, 1.0)
        assert await client.ids(name) == {0, 1, 2, 3}
        await client.delete(name, [0, 99])
        await client.delete("no-such", [0])
        assert await client.ids(name) == {1, 2, 3}
        assert (await client.collections())[name].count == 3
        await client.close()

    asyncio.run(run())


@pytest.fixture(params=["fake", "real"])
def search_api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a search service that holds nothing."""
    if request.param == "fake":
        with serving(FakeSearch().app()) as address:
            yield address
    else:
        with served(tmp_path) as api:
            yield api.url


def test_another_catalogues_collection_is_left_alone_until_it_is_adopted(search_api: str) -> None:
    name, row = collection_name(FINGERPRINT), np.eye(4, dtype=np.float32)[:1]

    async def run() -> None:
        clients = [SearchClient(search_api, catalogue=who) for who in ("mine", lambda: "theirs", None)]
        mine, theirs, nobodys = clients
        await mine.upsert(FINGERPRINT, [0], row)
        assert (await theirs.collections())[name].catalogue == "mine"
        for other in (theirs, nobodys):
            for refused in (other.upsert(FINGERPRINT, [1], row), other.delete(name, [0])):
                with pytest.raises(ForeignCollection, match=r"another catalogue \(mine\)"):
                    await refused
        with pytest.raises(ForeignCollection, match="mine"):
            await theirs.adopt(name, None)
        assert await nobodys.ids(name) == {0}
        for _again in range(2):
            await theirs.adopt(name, "mine")
        assert (await nobodys.collections())[name].catalogue == "theirs"
        await theirs.delete(name, [0])
        await theirs.upsert(FINGERPRINT, [1, 2], np.eye(4, dtype=np.float32)[:2])
        with pytest.raises(ServiceRefused, match="no"):
            await theirs.adopt("no-such", None)
        for client in clients:
            await client.close()

    asyncio.run(run())


def test_nobodys_vectors_are_left_alone_until_they_are_adopted(search_api: str) -> None:
    name, row = collection_name(FINGERPRINT), np.eye(4, dtype=np.float32)[:1]

    async def run() -> None:
        mine, nobodys = SearchClient(search_api, catalogue="mine"), SearchClient(search_api)
        await nobodys.upsert(FINGERPRINT, [0], row)
        with pytest.raises(ForeignCollection, match="belong to no catalogue"):
            await mine.upsert(FINGERPRINT, [0], row)
        await mine.adopt(name, None)
        await mine.delete(name, [0])
        for client in (mine, nobodys):
            await client.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "answer", [{}, {"indexes": [], "scores": []}, {"indexes": [["x"]], "scores": [[1.0]]}, ["list"]]
)
def test_what_breaks_the_contract_is_a_502(answer: object) -> None:
    async def search(request: Request) -> Response:
        return JSONResponse(answer)

    app = Starlette(routes=[Route("/search", search, methods=["POST"])])

    async def run() -> None:
        client = PatientSearch(app)
        try:
            await client.search(np.ones((1, 4), np.float32), 5, FINGERPRINT)
        finally:
            await client.close()

    with pytest.raises(ServiceBroken, match="search service"):
        asyncio.run(run())
