"""Pictures whose files are gone: not in results and lists, counted and said, and back when they are."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import PICTURES, World
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_search import BROWSER

Start = Callable[[], TestClient]


@pytest.fixture
def client(world: World, start: Start) -> TestClient:
    world.index()
    (world.folder / "blue.png").rename(world.folder.parent / "aside.png")
    world.index()
    return start()


def found(client: TestClient, **asked: str | int) -> list[str]:
    wanted: dict[str, str | int] = {"text": "blue", "k": 9}
    (result,) = client.get("/search", params=wanted | asked).json()["results"]
    return [hit["path"] for hit in result["similar"]]


def listed(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = client.get("/images", params=asked).json()["images"]
    return images


def test_it_is_in_no_result_and_no_list(client: TestClient, world: World) -> None:
    assert 0 in world.vectors()
    assert sorted(found(client)) == sorted(set(PICTURES) - {"blue.png"})
    assert len(found(client, k=6)) == 6, "others take its place"
    assert found(client, after="2020-01-01", k=1) != ["blue.png"]
    assert sorted(picture["path"] for picture in listed(client)) == sorted(set(PICTURES) - {"blue.png"})
    assert client.get("/images").json()["total"] == client.get("/readyz").json()["count"] == 6
    assert client.get("/images/0/file").status_code == 404


def test_it_is_listed_as_missing_and_said_in_the_status(client: TestClient) -> None:
    (picture,) = listed(client, missing=True)
    assert (picture["id"], picture["path"], picture["searchable"]) == (0, "blue.png", False)
    assert picture["missing_since"] is not None
    assert not picture["unreachable"]
    days = datetime.fromisoformat(picture["purged_at"]) - datetime.fromisoformat(picture["missing_since"])
    assert days == timedelta(days=30)
    (problem,) = client.get("/status").json()["problems"]
    assert problem["detail"] == "The files of 1 pictures are gone."
    assert "MISSING_DAYS" in problem["next"]


def test_the_page_says_since_when_and_what_to_do(client: TestClient) -> None:
    page = client.get("/images", headers=BROWSER).text
    assert "The file of 1 picture is gone." in page
    assert 'action="/images/forget"' in page
    listed = client.get("/images?missing=true", headers=BROWSER | {"Accept-Language": "de"}).text
    assert "Die Datei von 1 Bild ist weg." in listed
    assert listed.count("Vermisst seit") == 2
    answer = client.post("/images/forget", headers=BROWSER, follow_redirects=False)
    assert answer.status_code == 303
    ended(client, answer.headers["location"].rpartition("/")[2])
    assert "is gone" not in client.get("/images", headers=BROWSER).text


def test_its_small_copy_stays_in_the_list(client: TestClient, world: World) -> None:
    """In the size that there is; where none was ever made, the page draws something."""
    shown = client.get("/images?missing=true", headers=BROWSER).text
    assert 'class="lost"' in shown
    assert client.get("/images/0/thumbnail").status_code == 404
    (world.folder.parent / "aside.png").rename(world.folder / "blue.png")
    world.index()
    made = client.get("/images/0/thumbnail?size=512").content
    (world.folder / "blue.png").unlink()
    world.index()
    answer = client.get("/images/0/thumbnail", params={"v": listed(client, missing=True)[0]["sha256"][:12]})
    assert (answer.status_code, answer.content) == (200, made)
    assert answer.headers["Cache-Control"] == "no-cache"
    assert 'class="lost"' not in client.get("/images?missing=true", headers=BROWSER).text


def test_it_is_there_again_under_another_name(client: TestClient, world: World) -> None:
    assert client.patch("/images/0", json={"title": "Sky", "labels": ["blue"]}).status_code == 200
    (world.folder.parent / "aside.png").rename(world.folder / "deep" / "sky.png")
    world.embedding.embedded_files.clear()
    world.index()
    assert world.embedding.embedded_files == []
    (picture,) = listed(client, label="blue")
    assert (picture["id"], picture["path"], picture["title"]) == (0, "deep/sky.png", "Sky")
    assert found(client, k=1) == ["deep/sky.png"]
    assert client.get("/status").json()["problems"] == []
