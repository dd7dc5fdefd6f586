"""Folders over HTTP: added, scanned again, forgotten; who may, and which folders are none."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aggregate_service.jobs.folder_jobs import FolderRun
from aggregate_service.main import create_app
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION, problem
from tests.waiting import wait_until

Start = Callable[[], TestClient]
HERE = ("127.0.0.1", 50_000)
ELSEWHERE = ("192.0.2.7", 50_000)


@pytest.fixture
def local(client: TestClient) -> TestClient:
    """Over the seven indexed pictures, asked from its own machine."""
    return seen_from(client, HERE)


def seen_from(client: TestClient, address: tuple[str, int]) -> TestClient:
    return TestClient(client.app, client=address)


def folders(client: TestClient) -> list[dict[str, Any]]:
    answer = client.get("/folders")
    assert answer.status_code == 200
    listed: list[dict[str, Any]] = answer.json()["folders"]
    return listed


def add(client: TestClient, path: Path | str, **said: str) -> dict[str, Any]:
    answer = client.post("/folders", json={"path": str(path)} | said)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    return ended(client, answer.json())


def ended(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        seen: dict[str, Any] = client.get(f"/jobs/{job['id']}").json()
        return seen if seen["finished_at"] else {}

    return wait_until(look, "the job to end")


def refused(client: TestClient, status: int, path: Path | str) -> str:
    answer = client.post("/folders", json={"path": str(path)})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    detail: str = answer.json()["detail"]
    return detail


def test_from_adding_to_forgetting(local: TestClient, world: World, tmp_path: Path) -> None:
    more = tmp_path / "more"
    save_picture(more / "yellow.png", "yellow")
    save_picture(more / "blue again.png", (0, 0, 255))  # the same bytes lie in the other folder
    job = add(local, more, label="More", notice="Of mine.")
    assert (job["kind"], job["state"], job["counts"]["embedded"]) == ("folder", "done", 1)
    first, second = folders(local)
    assert first == {
        "id": first["id"],
        "path": str(world.folder),
        "label": "Colours",
        "notice": "",
        "pictures": 7,
        "missing": 0,
        "unreachable": 0,
        "indexed": True,
        "job": None,
    }
    assert (second["path"], second["label"], second["notice"]) == (str(more), "More", "Of mine.")
    assert (second["pictures"], second["indexed"]) == (2, True)

    save_picture(more / "pink.png", "pink")
    again = local.post(f"/folders/{second['id']}/scan")
    assert again.status_code == 202
    assert ended(local, again.json())["counts"]["added"] == 1
    assert folders(local)[1]["pictures"] == 3

    assert local.delete(f"/folders/{second['id']}").status_code == 204
    assert [folder["path"] for folder in folders(local)] == [str(world.folder)]
    assert local.get("/images").json()["total"] == 7
    assert len(list(more.iterdir())) == 3
    found = local.post("/", files={"files": (more / "yellow.png").read_bytes()}).json()
    assert "yellow.png" not in [hit["path"] for hit in found["results"][0]["similar"]]


def test_a_folder_that_is_added_again_has_its_titles_and_labels(local: TestClient, world: World) -> None:
    local.patch("/images/5", json={"title": "Red", "labels": ["warm"]})
    (known,) = folders(local)
    assert local.delete(f"/folders/{known['id']}").status_code == 204
    assert (folders(local), local.get("/images").json()["total"]) == ([], 0)
    gone = local.get("/images/5/file")
    assert (gone.status_code, gone.json()["detail"].startswith("The file of picture 5 isn't")) == (404, True)
    world.embedding.embedded_files.clear()
    assert add(local, world.folder)["state"] == "done"
    assert world.embedding.embedded_files == []
    again = local.get("/images/5").json()
    assert (again["path"], again["title"], again["labels"]) == ("red.jpg", "Red", ["warm"])


def test_the_scan_of_a_folder_that_is_forgotten_is_cancelled(local: TestClient, world: World) -> None:
    (known,) = folders(local)
    world.embedding.refusal = problem(503, "The weights are loading.")
    job = local.post(f"/folders/{known['id']}/scan").json()
    assert folders(local)[0]["job"]["id"] == job["id"]
    assert folders(local)[0]["indexed"] is None
    assert local.delete(f"/folders/{known['id']}").status_code == 204
    assert ended(local, job)["state"] == "cancelled"
    assert folders(local) == []


def test_two_requests_for_the_same_scan_are_one_job(local: TestClient, world: World) -> None:
    world.embedding.refusal = problem(503, "The weights are loading.")
    (known,) = folders(local)
    running = local.post(f"/folders/{known['id']}/scan").json()
    wait_until(lambda: local.get(f"/jobs/{running['id']}").json()["state"] == "running", "it to begin")
    waiting = [local.post(f"/folders/{known['id']}/scan").json()["id"] for _ in range(2)]
    assert len(set(waiting)) == 1
    world.embedding.refusal = None
    assert ended(local, {"id": waiting[0]})["state"] == "done"


def test_which_folders_are_none(local: TestClient, world: World, tmp_path: Path) -> None:
    assert "absolute path" in refused(local, 422, "pictures")
    assert "absolute path" in refused(local, 422, "")
    missing = refused(local, 422, tmp_path / "missing")
    assert missing.startswith(f"{tmp_path}/missing can't be indexed: there is no such folder")
    assert "it is a file" in refused(local, 422, world.folder / "blue.png")
    assert "no such folder" in refused(local, 422, f"{tmp_path}/{'x' * 300}")
    assert "valid UTF-8" in refused(local, 422, f"{tmp_path}/a\0b")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused(local, 422, tmp_path / "loop")
    body = b'{"path": "' + str(tmp_path).encode() + b'/\\udcfc"}'
    answer = local.post("/folders", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    (tmp_path / os.fsdecode(b"lat\xfcn")).mkdir()
    (tmp_path / "link").symlink_to(tmp_path / os.fsdecode(b"lat\xfcn"))
    assert "valid UTF-8" in refused(local, 422, tmp_path / "link")
    for wrong in ({}, {"path": 7}, {"path": None}, {"path": str(tmp_path), "label": "x" * 201}):
        assert local.post("/folders", json=wrong).status_code == 422
    assert [folder["pictures"] for folder in folders(local)] == [7]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read(local: TestClient, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert "may not read it" in refused(local, 422, tmp_path / "closed")


def test_a_folder_without_pictures_is_a_failed_job(local: TestClient, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    job = add(local, tmp_path / "empty")
    assert job["state"] == "failed"
    assert "no pictures" in job["errors"][0]["detail"]


def test_unknown_ids(local: TestClient) -> None:
    assert local.post("/folders/99/scan").status_code == 404
    assert local.delete("/folders/99").status_code == 404
    assert local.delete("/folders/first").status_code == 422


@pytest.mark.parametrize("address", [ELSEWHERE, ("testclient", 1), ("::ffff:192.0.2.7", 1)])
def test_others_may_name_no_folder(client: TestClient, world: World, address: tuple[str, int]) -> None:
    other = seen_from(client, address)
    for path in (world.folder, "/there/is/none"):
        detail = refused(other, 403, path)
        assert str(path) in detail
        assert "FOLDERS_UNDER" in detail
    (known,) = folders(other)
    for answer in (other.post(f"/folders/{known['id']}/scan"), other.delete(f"/folders/{known['id']}")):
        assert answer.status_code == 403
        assert "FOLDERS_UNDER" in answer.json()["detail"]
    assert len(folders(other)) == 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_a_proxy_of_this_machine_speaks_for_others(local: TestClient, world: World, header: str) -> None:
    answer = local.post("/folders", json={"path": str(world.folder)}, headers={header: "127.0.0.1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_every_address_of_this_machine_is_its_own(client: TestClient, world: World, address: str) -> None:
    assert add(seen_from(client, (address, 1)), world.folder)["state"] == "done"


def test_others_may_add_what_lies_under_a_folder_of_the_settings(world: World, tmp_path: Path) -> None:
    allowed, secret = tmp_path / "pictures", tmp_path / "secret"
    save_picture(secret / "a.png", "red")
    (allowed / "way out").symlink_to(secret)
    world.settings = world.settings.model_copy(update={"folders_under": f"/none{os.pathsep}{allowed}"})
    with world.app() as client:
        other = seen_from(client, ELSEWHERE)
        assert add(other, allowed / "deep")["state"] == "done"
        for path in (secret, f"{allowed}/../secret", allowed / "way out", tmp_path, f"{allowed}2"):
            refused(other, 403, path)
        (known,) = folders(other)
        assert ended(other, other.post(f"/folders/{known['id']}/scan").json())["state"] == "done"
        assert other.delete(f"/folders/{known['id']}").status_code == 204


def test_no_foreign_page_may_add_a_folder(local: TestClient, world: World) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = local.post("/folders", json={"path": str(world.folder)}, headers=headers)
    assert answer.status_code == 403
    as_text = {"content-type": "text/plain"}  # what a form of another page can send
    body = f'{{"path": "{world.folder}"}}'
    assert local.post("/folders", content=body, headers=as_text).status_code == 422


def test_a_folder_of_the_settings_stays(world: World) -> None:
    served = FolderRun(str(world.folder), launched=True)
    app = create_app(
        world.settings,
        embedding=world.embedding_client(),
        search_client=world.search_client(),
        served=served,
    )
    with TestClient(app, client=HERE) as client:
        wait_until(lambda: [f for f in folders(client) if f["indexed"] and not f["job"]], "the first index")
        answer = client.delete(f"/folders/{folders(client)[0]['id']}")
        assert answer.status_code == 409
        assert "IMAGES or WATCH_FOLDERS" in answer.json()["detail"]


def test_what_images_dir_stands_for_is_listed(world: World, start: Start) -> None:
    world.settings.images_path_file.parent.mkdir(parents=True)
    world.settings.images_path_file.write_text('["blue.png"]')
    (known,) = folders(start())
    assert (known["path"], known["pictures"], known["indexed"]) == (str(world.folder), 1, False)


def test_another_catalogues_vectors_are_adopted_from_this_machine_alone(
    local: TestClient, world: World
) -> None:
    world.search.owners[COLLECTION] = "another"
    job = ended(local, local.post("/folders/1/scan").json())
    assert job["state"] == "failed"
    assert "image-search folders adopt" in job["errors"][0]["detail"]
    assert seen_from(local, ELSEWHERE).post("/folders/adopt").status_code == 403
    assert world.search.owners[COLLECTION] == "another"
    assert local.post("/folders/adopt").status_code == 204
    assert ended(local, local.post("/folders/1/scan").json())["state"] == "done"
    assert len(world.vectors()) == 7
