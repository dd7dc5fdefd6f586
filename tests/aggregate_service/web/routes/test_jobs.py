"""Jobs over HTTP: the list, one, its events, its cancellation."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import problem
from tests.aggregate_service.waiting import ended, waiting
from tests.aggregate_service.web.routes.test_uploads import files, png, send

Start = Callable[[], TestClient]
FIELDS = {
    "id",
    "kind",
    "state",
    "total",
    "done",
    "failed",
    "created_at",
    "started_at",
    "finished_at",
    "waiting",
    "counts",
    "errors",
    "failures",
    "pictures",
}


def test_a_job_and_the_list_of_them(start: Start) -> None:
    client = start()
    first = ended(client, send(client, files(a_png=png("red")))["id"])
    second = ended(client, send(client, files(a_png=png("blue")))["id"])
    assert set(first) == FIELDS
    assert first["created_at"].endswith("Z")
    assert client.get("/jobs").json() == {"jobs": [second, first]}


@pytest.mark.parametrize("path", ["/jobs/nobody", "/jobs/nobody/events"])
def test_unknown_jobs_are_404(start: Start, path: str) -> None:
    answer = start().get(path)
    assert answer.status_code == 404
    assert "nobody" in answer.json()["detail"]


def test_cancelling_what_is_unknown_or_over(start: Start) -> None:
    client = start()
    assert client.delete("/jobs/nobody").status_code == 404
    job = ended(client, send(client, files(a_png=png("red")))["id"])
    for answer in (client.delete(f"/jobs/{job['id']}"), client.post(f"/jobs/{job['id']}/cancel")):
        assert answer.status_code == 409
        assert "done" in answer.json()["detail"]


def test_a_job_that_waits_says_why_and_can_be_cancelled(world: World, start: Start) -> None:
    world.embedding.refusal = problem(503, "The weights are being loaded.")
    client = start()
    job = send(client, files(a_png=png("red")))
    seen = waiting(client, job["id"])
    assert seen["state"] == "running"
    assert "being loaded" in seen["waiting"]
    cancelled = client.delete(f"/jobs/{job['id']}").json()
    assert (cancelled["state"], cancelled["waiting"]) == ("cancelled", None)
    world.embedding.refusal = None
    other = ended(client, send(client, files(b_png=png("blue")))["id"])
    assert other["done"] == 1
    assert client.get(f"/jobs/{job['id']}").json()["done"] == 0


def test_a_form_cancels_and_comes_back(world: World, start: Start) -> None:
    world.embedding.refusal = problem(503, "The weights are being loaded.")
    client = start()
    job = send(client, files(a_png=png("red")))
    answer = client.post(f"/jobs/{job['id']}/cancel", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/jobs/{job['id']}")
    assert client.get(f"/jobs/{job['id']}").json()["state"] == "cancelled"


def test_events_tell_the_progress_and_the_end(world: World, start: Start) -> None:
    world.embedding.refusal = problem(503, "The weights are being loaded.")
    client = start()
    job = send(client, files(a_png=png("red"), b_png=png("blue")))
    waiting(client, job["id"])
    world.embedding.refusal = None
    with client.stream("GET", f"/jobs/{job['id']}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = read_events("".join(answer.iter_text()))
    assert [name for name, _ in events][-1] == "end"
    assert {name for name, _ in events[:-1]} <= {"progress"}
    assert events[-1][1] == client.get(f"/jobs/{job['id']}").json()
    assert (events[-1][1]["state"], events[-1][1]["done"]) == ("done", 2)


def test_the_events_of_an_ended_job_are_its_end(start: Start) -> None:
    client = start()
    job = ended(client, send(client, files(a_png=png("red")))["id"])
    assert read_events(client.get(f"/jobs/{job['id']}/events").text) == [("end", job)]


def read_events(text: str) -> list[tuple[str, Any]]:
    events = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if lines:
            events.append((lines["event"], json.loads(lines["data"])))
    return events
