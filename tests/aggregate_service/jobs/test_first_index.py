"""The service indexes the folders of the start by itself; meanwhile it answers, and says how far it is."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import Response

from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.main import create_app
from tests.aggregate_service.conftest import PICTURES, World, save_picture
from tests.aggregate_service.fakes import FakeEmbedding
from tests.waiting import wait_until

Start = Callable[..., TestClient]


class GatedEmbedding(FakeEmbedding):
    """Embeds `batches` batches of the folder, and more once the gate is open; questions at once."""

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.batches, self.gate = batches, Event()

    async def embed_image(self, request: Request) -> Response:
        async with request.form() as form:
            names = [getattr(upload, "filename", "") for upload in form.getlist("files")]
            if names != ["question.png"]:
                self.batches -= 1
                if self.batches < 0:
                    await asyncio.to_thread(self.gate.wait)
            return await self._embed_form(form)


@pytest.fixture
def start_served(world: World) -> Iterator[Start]:
    """Starts the app of this world as its main does: with a folder to serve."""
    started: list[TestClient] = []

    def start_app(folder: Path | None = None) -> TestClient:
        served = FolderRun(str(folder or world.folder), "Colours", "", launched=True)
        clients = {"embedding": world.embedding_client(), "search_client": world.search_client()}
        client = TestClient(create_app(world.settings, served=served, **clients))  # type: ignore[arg-type]
        client.__enter__()
        started.append(client)
        return client

    yield start_app
    if isinstance(world.embedding, GatedEmbedding):
        world.embedding.gate.set()
    for client in started:
        client.__exit__(None, None, None)


def gated(world: World, batches: int) -> GatedEmbedding:
    world.settings = world.settings.model_copy(update={"index_batch": 2, "index_in_flight": 1})
    world.embedding = GatedEmbedding(batches)
    return world.embedding


def is_ready(client: TestClient) -> bool:
    return client.get("/readyz").status_code == 200


def question(world: World) -> dict[str, Any]:
    return {"files": ("question.png", (world.folder / "blue.png").read_bytes(), "image/png")}


def is_indexing(client: TestClient, done: int, total: int) -> bool:
    said: dict[str, Any] = client.get("/readyz").json()
    return said.get("indexing") == {"done": done, "total": total}


def test_answers_say_how_far_the_first_index_is(world: World, start_served: Start) -> None:
    embedding = gated(world, batches=1)
    client = start_served()
    wait_until(lambda: is_indexing(client, 2, 7), "2 of 7 to be indexed")
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["detail"]) == (503, "2 of 7 pictures are indexed so far.")
    assert client.get("/").json()["indexing"] == {"done": 2, "total": 7}
    for answer in (client.post("/", files=question(world)), client.get("/search?text=blue")):
        assert answer.status_code == 200
        assert answer.json()["indexing"] == {"done": 2, "total": 7}
        similar = [hit["path"] for hit in answer.json()["results"][0]["similar"]]
        assert similar == ["blue.png", "dark-red.jpg"]
    page = client.post("/", files=question(world), headers={"accept": "text/html"})
    assert "2 of 7" in page.text
    embedding.gate.set()
    wait_until(lambda: is_ready(client), "the first index to end")
    for answer in (client.get("/"), client.post("/", files=question(world)), client.get("/search?text=red")):
        assert answer.json().get("indexing") is None
    assert len(client.get("/search?text=red&k=9").json()["results"][0]["similar"]) == len(PICTURES)


def test_before_the_first_vector_nothing_is_found_and_nothing_fails(
    world: World, start_served: Start
) -> None:
    gated(world, batches=0)
    client = start_served()
    wait_until(lambda: is_indexing(client, 0, 7), "0 of 7 to be indexed")
    said = client.get("/").json()
    assert (said["indexing"], said["problem"], said["count"]) == ({"done": 0, "total": 7}, None, 0)
    answer = client.post("/", files=question(world)).json()
    assert answer["indexing"] == {"done": 0, "total": 7}
    assert answer["results"][0]["similar"] == []
    assert client.get("/search?text=red").json()["results"][0]["similar"] == []
    (problem,) = client.get("/status").json()["problems"]
    assert problem["detail"] == "7 of 7 pictures can't be found yet."
    assert problem["next"] == (
        "Wait for the running jobs, or index the folder again: `image-search index DIR`."
    )


def test_a_later_start_is_ready_while_it_looks_for_changes(world: World, start_served: Start) -> None:
    client = start_served()
    wait_until(lambda: is_ready(client), "the first index to end")
    client.__exit__(None, None, None)
    save_picture(world.folder / "new.png", (1, 2, 3))
    embedding = gated(world, batches=0)
    client = start_served()
    wait_until(lambda: client.get("/images").json()["total"] == len(PICTURES) + 1, "the new picture's row")
    assert is_ready(client)
    assert "indexing" not in client.get("/search?text=red").json()
    embedding.gate.set()
    wait_until(lambda: len(world.vectors()) == len(PICTURES) + 1, "the new picture's vector")


def test_another_folder_in_its_place_is_a_first_index_again(
    world: World, start_served: Start, tmp_path: Path
) -> None:
    client = start_served()
    wait_until(lambda: is_ready(client), "the first index to end")
    client.__exit__(None, None, None)
    save_picture(tmp_path / "other" / "one.png", "pink")
    embedding = gated(world, batches=0)
    client = start_served(tmp_path / "other")
    wait_until(lambda: is_indexing(client, 0, 1), "0 of 1 to be indexed")
    embedding.gate.set()
    wait_until(lambda: is_ready(client), "the first index to end")
    assert client.get("/images").json()["total"] == 1


def test_a_watched_folder_counts_too(world: World, start_served: Start, tmp_path: Path) -> None:
    save_picture(tmp_path / "watched" / "one.png", "pink")
    folders = f"{tmp_path / 'watched'}:{tmp_path / 'not there'}"
    world.settings = world.settings.model_copy(update={"watch_folders": folders})
    embedding = gated(world, batches=0)
    client = start_served()
    wait_until(lambda: is_indexing(client, 0, 8), "0 of 8 to be indexed")
    embedding.gate.set()
    wait_until(lambda: is_ready(client), "the first index to end")
    assert len(world.vectors()) == len(PICTURES) + 1


def test_a_folder_that_is_served_and_watched_is_scanned_once(world: World, start_served: Start) -> None:
    world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    client = start_served()
    wait_until(lambda: is_ready(client), "the first index to end")
    (job,) = client.get("/jobs").json()["jobs"]
    assert client.get("/readyz").json()["start_job"] == job["id"]


def test_folders_of_a_restored_catalogue_are_scanned_at_the_start(world: World, start: Start) -> None:
    world.index()
    (world.folder / "blue.png").unlink()
    catalog = world.catalog()
    catalog.put("restored_from", "a backup")
    catalog.close()
    client = start()
    wait_until(lambda: client.get("/images").json()["total"] == len(PICTURES) - 1, "the lost file's picture")


def test_why_the_first_index_failed_is_said(world: World, start_served: Start, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    client = start_served(tmp_path / "empty")
    job = client.get("/readyz").json()["start_job"]
    wait_until(lambda: client.get(f"/jobs/{job}").json()["state"] == "failed", "the job to fail")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert f"There are no pictures in {tmp_path / 'empty'}" in ready.json()["detail"]
    assert client.get("/").json()["problem"]["detail"] == ready.json()["detail"]
    assert client.get("/status").json()["problems"][0]["detail"] == ready.json()["detail"]


@pytest.mark.parametrize("folder", ["served", "watched"])
def test_an_interrupted_run_is_gone_on_with(world: World, start_served: Start, folder: str) -> None:
    """Its process died without a word, and holds the run for another 20 s."""
    served = FolderRun(str(world.folder), "Colours", "", launched=True)
    run = served if folder == "served" else FolderRun(str(world.folder))
    if folder == "watched":
        world.settings = world.settings.model_copy(update={"watch_folders": str(world.folder)})
    command = "from aggregate_service.jobs.owners import new_owner; print(new_owner())"
    dead = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout
    catalog = world.catalog()
    scans = FolderJobs(Jobs(catalog.database), dead.strip(), 3600)
    interrupted = scans.request(run)
    assert scans.claim() is not None
    catalog.close()
    client = start_served()
    wait_until(lambda: is_ready(client), "the first index to end")
    assert len(world.vectors()) == len(PICTURES)
    asked = f"/jobs/{interrupted.id}"
    wait_until(lambda: client.get(asked).json()["state"] == "done", "the job to end after its last picture")
    if folder == "served":
        assert client.get("/readyz").json()["start_job"] == interrupted.id
