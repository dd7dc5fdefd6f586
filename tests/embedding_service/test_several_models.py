"""Several models in one service: on demand or at the start, within a memory budget, one load at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from embedding_service.config import Settings
from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.specs import BY_NAME, DEFAULT, FALLBACK
from embedding_service.main import create_app
from embedding_service.models import Models
from embedding_service.runtimes.base import RuntimeFailed
from embedding_service.runtimes.choose import Selected
from tests.embedding_service.conftest import wait_until_ready
from tests.embedding_service.fakes import FAKE, FakeLibrary
from tests.waiting import wait_until

OTHERS = [name for name in BY_NAME if name != FAKE.name]


@contextmanager
def serving(settings: Settings, library: FakeLibrary, **changes: Any) -> Iterator[TestClient]:
    changed = settings.model_copy(update={"retry_seconds": 3600} | changes)
    with TestClient(create_app(changed, library)) as client:
        wait_until_ready(client)
        yield client


def ask(client: TestClient, model: str) -> Any:
    return client.post("/embed-text", json={"texts": ["red"], "model": model})


def ask_until_answered(client: TestClient, model: str) -> Any:
    def answered() -> Any:
        answer = ask(client, model)
        return answer if answer.status_code != 503 else None

    return wait_until(answered, f"{model} to answer").json()


def loaded(client: TestClient) -> set[str]:
    return {model["name"] for model in facts(client) if model["loaded"]}


def facts(client: TestClient) -> list[dict[str, Any]]:
    """What /models tells of each, the default one first."""
    models: list[dict[str, Any]] = client.get("/models").json()["models"]
    return models


def test_another_model_is_loaded_when_a_request_first_names_it(settings: Settings) -> None:
    library = FakeLibrary()
    with serving(settings, library) as client:
        first = ask(client, OTHERS[0])
        assert first.status_code == 503
        assert "is being loaded" in first.json()["detail"]
        assert first.headers["retry-after"]
        assert ask_until_answered(client, OTHERS[0])["model"] == OTHERS[0]
        assert ask(client, FAKE.name).json()["model"] == FAKE.name
        assert loaded(client) == {FAKE.name, OTHERS[0]}
        assert client.get("/readyz").json()["model"] == FAKE.name
    assert library.loads == [OTHERS[0]]


def test_models_are_loaded_at_the_start(settings: Settings) -> None:
    library = FakeLibrary()
    with serving(settings, library, models=", ".join(OTHERS[:2])) as client:
        wait_until(lambda: loaded(client) == {FAKE.name, *OTHERS[:2]}, "both others to be loaded")
    assert library.loads == OTHERS[:2]


def test_the_least_recently_used_makes_room(settings: Settings) -> None:
    library = FakeLibrary()
    library.sizes = {FAKE.name: 0, OTHERS[0]: 600_000_000, OTHERS[1]: 600_000_000}
    with serving(settings, library, memory_mb=1000) as client:
        ask_until_answered(client, OTHERS[0])
        ask_until_answered(client, OTHERS[1])
        assert loaded(client) == {FAKE.name, OTHERS[1]}
        ask_until_answered(client, OTHERS[0])
        assert loaded(client) == {FAKE.name, OTHERS[0]}


def test_a_model_that_never_fits_is_refused_and_moves_nobody(settings: Settings) -> None:
    library = FakeLibrary()
    library.sizes = {OTHERS[0]: 600_000_000, OTHERS[1]: 1_600_000_000}
    with serving(settings, library, memory_mb=1000) as client:
        ask_until_answered(client, OTHERS[0])
        detail = wait_for_reason(client, OTHERS[1])
        assert "needs 1600 MB" in detail
        assert "EMBEDDING_MEMORY_MB" in detail
        assert loaded(client) == {FAKE.name, OTHERS[0]}


def wait_for_reason(client: TestClient, model: str) -> str:
    def reason() -> str:
        detail = str(ask(client, model).json()["detail"])
        return "" if "is being loaded" in detail else detail

    return wait_until(reason, f"what is wrong with {model}")


def test_missing_weights_are_said_at_once_with_a_status_that_nobody_retries(settings: Settings) -> None:
    library = FakeLibrary()
    library.absent = {OTHERS[0]}
    with serving(settings, library) as client:
        first = ask(client, OTHERS[0])
        assert first.status_code == 404
        assert "aren't here" in first.json()["detail"]
        assert "retry-after" not in first.headers
        library.absent = set()
        assert ask_until_answered(client, OTHERS[0])["model"] == OTHERS[0]


def test_what_can_not_be_loaded_is_said_and_not_tried_at_each_request(settings: Settings) -> None:
    library = FakeLibrary()
    library.broken = {OTHERS[0]}
    with serving(settings, library) as client:
        for _ in range(3):
            assert "can't be loaded" in wait_for_reason(client, OTHERS[0])
        assert ask(client, OTHERS[0]).status_code == 404
    assert library.loads == [OTHERS[0]]


def test_what_was_asked_for_in_the_settings_is_waited_for(settings: Settings) -> None:
    library = FakeLibrary()
    library.broken = {OTHERS[0]}
    with serving(settings, library, models=OTHERS[0]) as client:
        wait_for_reason(client, OTHERS[0])
        refused = ask(client, OTHERS[0])
        assert refused.status_code == 503
        assert refused.headers["retry-after"]


def test_it_is_tried_again_later(settings: Settings) -> None:
    library = FakeLibrary()
    library.broken = {OTHERS[0]}
    with serving(settings, library, retry_seconds=0.01) as client:
        wait_until(lambda: ask(client, OTHERS[0]) and len(library.loads) > 1, "a second try")
        library.broken = set()
        wait_until(lambda: ask(client, OTHERS[0]).status_code == 200, "the model to answer")


class Fast:
    name, device = "a faster runtime", "cpu"

    def __call__(self, pixels: Pixels) -> NDArray[Any]:
        return np.tile([1.0, 0.0, 0.0], (len(pixels), 1))

    def adopted(self) -> None: ...


def test_a_faster_runtime_takes_over(settings: Settings) -> None:
    library = FakeLibrary()
    library.faster = Fast()
    with serving(settings, library) as client:
        wait_until(lambda: facts(client)[0]["runtime_why"] == "as the test says", "the faster runtime")
        assert facts(client)[0]["runtime"] == client.get("/readyz").json()["runtime"] == "a faster runtime"
        assert facts(client)[1]["runtime_why"] is None


def test_a_faster_runtime_comes_too_late_for_a_service_that_has_stopped(settings: Settings) -> None:
    stopped = threading.Event()

    class Slow(FakeLibrary):
        def runtime(self, encoder: Encoder) -> Selected:
            stopped.wait(120)
            return super().runtime(encoder)

    library = Slow()
    library.faster = Fast()
    with TestClient(create_app(settings, library)) as client:
        wait_until_ready(client)
    stopped.set()
    wait_until(lambda: "load-encoder" not in {t.name for t in threading.enumerate()}, "the loader to end")


def test_a_runtime_that_was_asked_for_by_name_is_never_replaced(settings: Settings) -> None:
    class WithoutOpenVino(FakeLibrary):
        def runtime(self, encoder: Encoder) -> Selected:
            raise RuntimeFailed("EMBEDDING_RUNTIME=openvino can't be had: the package isn't installed")

    strict = settings.model_copy(update={"runtime": "openvino"})
    with TestClient(create_app(strict, WithoutOpenVino())) as client:
        wait_until(
            lambda: "EMBEDDING_RUNTIME=openvino" in client.get("/readyz").text, "the runtime to be missed"
        )
        assert ask(client, FAKE.name).status_code == 503


def test_evicted_while_it_is_used_still_answers(settings: Settings) -> None:
    library = FakeLibrary()
    library.sizes = {DEFAULT.name: 600_000_000, FALLBACK.name: 600_000_000}
    with serving(settings, library, memory_mb=1000) as client:
        ask_until_answered(client, DEFAULT.name)
        models: Models = client.app.state.models  # type: ignore[attr-defined]
        held = models.get(DEFAULT.name)
        ask_until_answered(client, FALLBACK.name)
        assert client.portal is not None
        assert client.portal.call(held.embed_texts, ["red"]).shape == (1, 3)


@pytest.mark.parametrize("names", ["no/such", f"{FALLBACK.name}, no/such"])
def test_an_unknown_name_among_them_is_said(names: str) -> None:
    settings = Settings(_env_file=None, model=FALLBACK.name, models=names)
    with TestClient(create_app(settings)) as client:
        wait_until(
            lambda: "EMBEDDING_MODELS=no/such" in client.get("/readyz").text, "the unknown name to be told"
        )
