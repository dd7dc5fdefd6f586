"""Pages of ids, and answers that break the search service's contract."""

import asyncio

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aggregate_service.errors import NotIndexed, ServiceBroken
from service_kit.collection_name import collection_name
from tests.aggregate_service.fakes import FINGERPRINT, FakeSearch
from tests.aggregate_service.patient_clients import PatientSearch


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
