"""Many clients at once: full queues, deadlines, clients that hang up, pictures that break the model."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from embedding_service.config import Settings
from embedding_service.encoders.arrays import Pixels
from embedding_service.main import create_app
from tests.embedding_service.conftest import wait_until_ready
from tests.embedding_service.drawn import encoded, photo
from tests.embedding_service.fakes import FAKE, AverageColour, FakeLibrary
from tests.waiting import wait_until

GOOD = encoded(photo(64, 48), "JPEG")
BLACK = encoded(photo(8, 8).point(lambda _: 0), "PNG")


class Moody(AverageColour):
    """Held until told otherwise; fails on black pictures; counts what it encoded."""

    def __init__(self) -> None:
        super().__init__()
        self.free, self.started = threading.Event(), threading.Event()
        self.free.set()
        self.encoded = 0

    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        self.started.set()
        self.free.wait(120)
        if any(not picture.any() for picture in pixels):
            raise RuntimeError("black")
        self.encoded += len(pixels)
        return super()._encode_pixels(pixels)


@pytest.fixture
def encoder() -> Moody:
    return Moody()


@pytest.fixture
def small(settings: Settings) -> Settings:
    return settings.model_copy(update={"queue_size": 3})


@pytest.fixture
def app(encoder: Moody, small: Settings) -> FastAPI:
    return create_app(small, FakeLibrary(encoder))


@pytest.fixture
def client(app: FastAPI, encoder: Moody) -> Iterator[TestClient]:
    yield from served(app, encoder)


@pytest.fixture
def hurried_client(encoder: Moody, small: Settings) -> Iterator[TestClient]:
    hurried = small.model_copy(update={"request_seconds": 0.2})
    yield from served(create_app(hurried, FakeLibrary(encoder)), encoder)


def served(app: FastAPI, encoder: Moody) -> Iterator[TestClient]:
    with TestClient(app) as client:
        wait_until_ready(client)
        yield client
        encoder.free.set()


def upload(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{i}.jpg", content)) for i, content in enumerate(contents)]


def test_a_picture_that_breaks_the_model_breaks_nothing_else(client: TestClient) -> None:
    body = client.post("/embed-image", files=upload(GOOD, BLACK, GOOD)).json()
    assert [row is None for row in body["embeddings"]] == [False, True, False]
    assert [(e["index"], e["status"]) for e in body["errors"]] == [(1, 500)]
    alone = client.post("/embed-image", files=upload(BLACK))
    assert alone.status_code == 500
    assert alone.headers["content-type"] == "application/problem+json"
    assert client.post("/embed-image", files=upload(GOOD)).status_code == 200


def test_an_answer_that_takes_too_long_is_a_problem(hurried_client: TestClient, encoder: Moody) -> None:
    def ask() -> Any:
        return hurried_client.post("/embed-image", files=upload(GOOD))

    encoder.free.clear()
    answer = ask()
    assert answer.status_code == 503
    assert "longer than 0.2 s" in answer.json()["detail"]
    assert answer.headers["retry-after"]
    encoder.free.set()
    wait_until(lambda: ask().status_code == 200, "an answer within 0.2 s")


def test_overload_is_answered_with_200_or_429_only(client: TestClient, encoder: Moody) -> None:
    def ask() -> None:
        answers.append(client.post("/embed-image", files=upload(GOOD)))

    answers: list[Any] = []
    encoder.free.clear()
    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(answers) >= 10, "10 of 20 to be refused")
    encoder.free.set()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200, 429}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["content-type"] == "application/problem+json"
    vectors = [a.json()["embeddings"][0] for a in answers if a.status_code == 200]
    np.testing.assert_allclose(vectors, [vectors[0]] * len(vectors), atol=1e-6)


class Connection:
    """One client of the app, spoken to by its interface itself: it may hang up in the middle."""

    def __init__(self, app: FastAPI) -> None:
        self.app, self.gone = app, asyncio.Event()
        self.sent: list[Any] = []
        self._body = [
            b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + GOOD,
            b"\r\n--b--\r\n",
        ]

    async def ask(self) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/embed-image",
            "query_string": b"",
            "headers": [(b"content-type", b"multipart/form-data; boundary=b")],
        }
        await self.app(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self._body:
            part = self._body.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._body)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


def depth(app: FastAPI) -> float | None:
    """How many pictures wait, as /metrics tells it."""
    found: float | None = app.state.metrics.registry.get_sample_value(
        "queue_depth", {"model": FAKE.name, "input": "image"}
    )
    return found


def test_a_client_that_hangs_up_frees_its_place(app: FastAPI, encoder: Moody) -> None:
    async def scene() -> None:
        async with app.router.lifespan_context(app):
            await asyncio.to_thread(wait_until, app.state.models.served, "the encoder to be loaded")
            encoder.encoded = 0
            encoder.free.clear()
            encoder.started.clear()
            stays, leaves = Connection(app), Connection(app)
            first = asyncio.create_task(stays.ask())
            await asyncio.to_thread(encoder.started.wait, 120)
            second = asyncio.create_task(leaves.ask())
            await asyncio.to_thread(wait_until, lambda: depth(app) == 1, "the second to be in the queue")
            leaves.gone.set()
            await asyncio.wait_for(second, 120)
            assert not first.done()  # the model is still busy with it
            assert depth(app) == 0
            encoder.free.set()
            await first
            assert stays.sent[0]["status"] == 200
            assert leaves.sent[0]["status"] == 499
            assert encoder.encoded == 1

    asyncio.run(scene())
