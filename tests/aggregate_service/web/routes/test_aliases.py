"""The older names still answer, with the shapes their callers know."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.web.routes.test_search import upload
from tests.aggregate_service.web.routes.test_uploads import files, png
from tests.waiting import wait_until

HIT = {"index", "score", "path", "url", "thumbnail_url"}


def test_uploadfiles_is_the_page_target(client: TestClient, world: World) -> None:
    files = upload(world, "red.jpg", "blue.png")
    answer = client.post("/uploadfiles/", files=files, follow_redirects=False)
    assert answer.status_code == 200
    assert answer.json() == client.post("/", files=files).json()


def test_similarity_search_answers_with_ids(client: TestClient, world: World) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    answer = client.post("/similarity-search", files={"file": ("red.jpg", data)})
    assert list(answer.json()) == ["ids"]
    assert len(answer.json()["ids"]) == 5
    assert client.get(f"/images/{answer.json()['ids'][0]}").json()["path"] == "red.jpg"


def test_similarity_search_refuses_what_is_no_picture(client: TestClient) -> None:
    assert client.post("/similarity-search", files={"file": ("a.jpg", b"text")}).status_code == 422
    assert client.post("/similarity-search").status_code == 422


def polled(client: TestClient, call: str, task_id: str) -> dict[str, Any]:
    """As the older client does it: ask until the task has ended."""
    wait_until(
        lambda: client.get(f"/{call}/{task_id}").json()["status"] not in ("PENDING", "STARTED"),
        "the task to end",
    )
    answer: dict[str, Any] = client.get(f"/{call}/{task_id}").json()
    assert set(answer) == {"status", "result"}
    return answer


@pytest.mark.parametrize("call", ["poll_task_status", "get_task_status"])
def test_upload_catalogue_is_a_task(world: World, start: Callable[[], TestClient], call: str) -> None:
    client = start()
    sent = client.post(
        "/upload_catalogue", files=files(a_png=png("red"), b_png=b"bad"), data={"model_id": "clip"}
    )
    assert (sent.status_code, set(sent.json())) == (200, {"task_id"})
    answer = polled(client, call, sent.json()["task_id"])
    assert answer["status"] == "SUCCESS"
    assert (answer["result"]["done"], answer["result"]["failed"]) == (1, 1)
    assert len(world.vectors()) == 1


@pytest.mark.parametrize("call", ["poll_task_status", "get_task_status"])
@pytest.mark.parametrize("model_id", ["average-colour", "no-such-model", None])
def test_search_with_image_is_a_task(
    client: TestClient, world: World, call: str, model_id: str | None
) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    form = {"model_id": model_id} if model_id else {}
    sent = client.post("/search_with_image", files={"file": ("red.jpg", data)}, data=form)
    assert (sent.status_code, set(sent.json())) == (200, {"task_id"})
    answer = polled(client, call, sent.json()["task_id"])
    assert answer["status"] == "SUCCESS"
    assert len(answer["result"]) == 7
    assert set(answer["result"][0]) >= HIT
    assert (answer["result"][0]["path"], answer["result"][0]["index"]) == ("red.jpg", 5)
    assert client.get("/jobs").json() == {"jobs": []}


def test_a_search_task_that_fails_says_why(client: TestClient, world: World) -> None:
    world.embedding.refusal = problem(503, "No weights.")
    sent = client.post("/search_with_image", files={"file": ("red.jpg", b"any")})
    answer = polled(client, "get_task_status", sent.json()["task_id"])
    assert answer["status"] == "FAILURE"
    assert "No weights" in answer["result"]["detail"]


@pytest.mark.parametrize("call", ["poll_task_status", "get_task_status"])
def test_unknown_tasks_are_404(client: TestClient, call: str) -> None:
    answer = client.get(f"/{call}/nobody")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


def test_a_cancelled_upload_is_revoked(world: World, start: Callable[[], TestClient]) -> None:
    world.embedding.refusal = problem(503, "No weights.")
    client = start()
    task_id = client.post("/upload_catalogue", files=files(a_png=png("red"))).json()["task_id"]
    wait_until(
        lambda: client.get(f"/get_task_status/{task_id}").json() == {"status": "STARTED", "result": None},
        "the task to be started",
    )
    client.delete(f"/jobs/{task_id}")
    assert polled(client, "get_task_status", task_id)["status"] == "REVOKED"
