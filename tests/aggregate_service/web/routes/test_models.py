"""GET /models: what the embedding service knows, passed on."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import problem


def test_models_are_passed_on(start: Callable[[], TestClient], world: World) -> None:
    world.embedding.notice = "a small one"
    answer = start().get("/models")
    assert answer.status_code == 200
    known = answer.json()
    assert (known["default"], known["notice"]) == ("average-colour", "a small one")
    model, other = known["models"]
    assert (model["default"], other["default"]) == (True, False)
    assert model["modalities"] == ["image", "text"]
    assert model["runtime"] == "none"  # not ours to know, and passed on all the same


def test_a_service_that_isnt_ready(start: Callable[[], TestClient], world: World) -> None:
    world.embedding.refusal = problem(503, "The weights are loading.")
    answer = start().get("/models")
    assert answer.status_code == 503
    assert "The weights are loading." in answer.json()["detail"]
