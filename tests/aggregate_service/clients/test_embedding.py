"""The embedding service's answers, and answers that break its contract."""

import asyncio
import json

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aggregate_service.clients.embedding import Embedded
from aggregate_service.errors import ServiceBroken, ServiceRefused
from service_kit.arrays import to_npy
from tests.aggregate_service.fakes import FINGERPRINT, FakeEmbedding, problem
from tests.aggregate_service.patient_clients import PatientEmbedding

GOOD_HEADERS = {
    "X-Embedding-Model": "m",
    "X-Embedding-Fingerprint": "m@1:2",
    "X-Embedding-Errors": "[]",
}


def answered(response: Response, count: int = 2) -> Embedded:
    """What the client makes of this answer to a request with `count` pictures."""

    async def answer(request: Request) -> Response:
        return response

    app = Starlette(routes=[Route("/embed-image", answer, methods=["POST"])])

    async def run() -> Embedded:
        client = PatientEmbedding(app)
        try:
            return await client.embed_images([("f", b"x")] * count)
        finally:
            await client.close()

    return asyncio.run(run())


def test_vectors_and_errors_by_row() -> None:
    vectors = np.array([[np.nan, np.nan], [0, 1]], np.float32)
    errors = [{"index": 0, "status": 422, "title": "T", "detail": "D"}]
    embedded = answered(
        Response(to_npy(vectors), headers=GOOD_HEADERS | {"X-Embedding-Errors": json.dumps(errors)})
    )
    assert (embedded.model, embedded.fingerprint) == ("m", "m@1:2")
    assert embedded.vectors[1].tolist() == [0, 1]
    assert {row: error.detail for row, error in embedded.errors.items()} == {0: "D"}


def test_all_bad_is_an_answer_and_other_422s_are_refusals() -> None:
    errors = [{"index": i, "filename": "f", "status": 415, "title": "", "detail": "D"} for i in range(2)]
    assert set(answered(problem(422, "None.", errors=errors)).errors) == {0, 1}
    for listed in (errors[:1], [{"location": "body"}], []):
        with pytest.raises(ServiceRefused):
            answered(problem(422, "Refused.", errors=listed))


@pytest.mark.parametrize(
    "response",
    [
        Response(b"not npy", headers=GOOD_HEADERS),
        Response(to_npy(np.zeros((3, 2), np.float32)), headers=GOOD_HEADERS),
        Response(to_npy(np.zeros(2, np.float32)), headers=GOOD_HEADERS),
        Response(to_npy(np.zeros((2, 2), np.float32)), headers={"X-Embedding-Model": "m"}),
        Response(
            to_npy(np.zeros((2, 2), np.float32)), headers=GOOD_HEADERS | {"X-Embedding-Errors": "{broken"}
        ),
        JSONResponse({"embeddings": []}),
    ],
)
def test_what_breaks_the_contract_is_a_502(response: Response) -> None:
    with pytest.raises(ServiceBroken, match="embedding service"):
        answered(response)


def test_the_notice_is_asked_for_once_and_never_fails_an_answer() -> None:
    fake = FakeEmbedding(notice="Look here.")

    async def run() -> None:
        client = PatientEmbedding(fake.app())
        fake.refusal = problem(503, "Loading.")
        assert await client.notice_of(FINGERPRINT) is None
        fake.refusal = None
        assert await client.notice_of(FINGERPRINT) == "Look here."
        assert await client.notice_of(FINGERPRINT) == "Look here."
        assert await client.notice_of("another@1:4") is None
        assert fake.calls == ["ready", "ready", "ready"]
        await client.close()

    asyncio.run(run())
