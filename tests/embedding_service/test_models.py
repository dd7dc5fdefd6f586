"""Loading in the background: alive at once, not ready with one clear line, ready by itself later."""

import logging
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from embedding_service.config import Settings
from embedding_service.encoders.arrays import Pixels
from embedding_service.main import create_app
from embedding_service.weights.choice import Choice, NoEncoder, Say
from tests.embedding_service.conftest import wait_until_ready
from tests.embedding_service.fakes import AverageColour, FakeLibrary
from tests.waiting import wait_until

HINT = "Fetch them with: python -m embedding_service.fetch"


@pytest.fixture
def impatient(settings: Settings) -> Settings:
    return settings.model_copy(update={"retry_seconds": 0.01})


class WeightsComeLate(FakeLibrary):
    """Fails until told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.there = threading.Event()
        self.tries = 0

    def choose(self, say: Say, stop: threading.Event) -> Choice:
        self.tries += 1
        if not self.there.is_set():
            raise NoEncoder(HINT)
        return Choice(self.encoder)


def detail(client: TestClient) -> str:
    """What /readyz says is missing."""
    return str(client.get("/readyz").json().get("detail"))


def wait_for_the_search_to_end() -> None:
    def running() -> set[str]:
        return {thread.name for thread in threading.enumerate()}

    wait_until(lambda: "load-encoder" not in running(), "the search for weights to end")


def test_not_ready_says_how_to_get_the_weights(impatient: Settings, caplog: pytest.LogCaptureFixture) -> None:
    library = WeightsComeLate()
    with TestClient(create_app(impatient, library)) as client:
        wait_until(lambda: library.tries > 2, "the weights to be looked for again")
        assert client.get("/healthz").status_code == 200
        for answer in (
            client.get("/readyz"),
            client.post("/embed-image", files={"files": b"x"}),
            client.post("/embed-text", json={"texts": ["red"]}),
        ):
            assert answer.status_code == 503
            assert answer.json()["detail"] == HINT
            assert answer.headers["retry-after"]
        models = client.get("/models").json()
        assert models["default"] is None
        assert not any(model["loaded"] for model in models["models"])
        assert [r.message for r in caplog.records if r.levelno == logging.ERROR] == [HINT]
        library.there.set()
        wait_until_ready(client)


def test_what_is_being_done_is_said(settings: Settings) -> None:
    finish, said = threading.Event(), threading.Event()

    class Slow(FakeLibrary):
        def choose(self, say: Say, stop: threading.Event) -> Choice:
            say("Downloading the weights: 12 of 605 MB.")
            said.set()
            finish.wait(120)
            return super().choose(say, stop)

    with TestClient(create_app(settings, Slow())) as client:
        assert said.wait(120)
        assert client.get("/readyz").json()["detail"] == "Downloading the weights: 12 of 605 MB."
        finish.set()
        wait_until_ready(client)
        assert client.get("/readyz").json()["notice"] is None


class GivesNaN(AverageColour):
    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        return super()._encode_pixels(pixels) * float("nan")


def test_ready_only_after_really_embedding(settings: Settings) -> None:
    with TestClient(create_app(settings, FakeLibrary(GivesNaN()))) as client:
        wait_until(lambda: "zero or not finite" in detail(client), "the encoder to be found wrong")
        assert client.get("/readyz").status_code == 503


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_while_loading_is_not_an_endless_wait(settings: Settings) -> None:
    class Buggy(FakeLibrary):
        def choose(self, say: Say, stop: threading.Event) -> Choice:
            raise ZeroDivisionError

    with TestClient(create_app(settings, Buggy())) as client:
        wait_until(lambda: "service's log" in detail(client), "the bug to be told")
        wait_for_the_search_to_end()


def test_stops_at_once_while_waiting_for_weights(settings: Settings) -> None:
    """Long before they would be looked for again."""
    library = WeightsComeLate()
    patient = settings.model_copy(update={"retry_seconds": 3600})
    with TestClient(create_app(patient, library)) as client:
        wait_until(lambda: detail(client) == HINT, "the weights to be missed")
    wait_for_the_search_to_end()
    assert library.tries == 1
