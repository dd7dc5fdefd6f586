"""The catalogue over HTTP: pages, titles and labels, deleting by id, by filter, by form."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION, problem
from tests.aggregate_service.web.routes.test_search import upload


def ids(answer: dict[str, Any]) -> list[int]:
    return [picture["id"] for picture in answer["images"]]


def test_pages_newest_first(client: TestClient) -> None:
    first = client.get("/images", params={"limit": 3}).json()
    assert (first["total"], ids(first), first["previous"]) == (7, [6, 5, 4], None)
    second = client.get("/images/", params={"limit": 3, "cursor": first["next"]}).json()
    assert ids(second) == [3, 2, 1]
    assert ids(client.get("/images", params={"limit": 3, "cursor": second["previous"]}).json()) == [6, 5, 4]
    assert ids(client.get("/images").json()) == [6, 5, 4, 3, 2, 1, 0]


def test_what_a_picture_says(client: TestClient) -> None:
    picture = client.get("/images/2").json()
    listed = next(found for found in client.get("/images").json()["images"] if found["id"] == 2)
    assert listed == picture
    assert {
        name: picture[name] for name in ("path", "folder", "title", "labels", "source_url", "searchable")
    } == {
        "path": "deep/green.webp",
        "folder": "deep",
        "title": None,
        "labels": [],
        "source_url": None,
        "searchable": True,
    }
    assert picture["added_at"].endswith("Z")
    assert picture["bytes"] > 0


def test_where_the_pictures_of_a_collection_are(client: TestClient, world: World) -> None:
    listed = client.get("/images/paths", params={"collection": COLLECTION})
    assert listed.headers["content-type"] == "application/json"
    assert listed.json() == world.listed()
    assert listed.content == world.settings.images_path_file.read_bytes()
    unknown = client.get("/images/paths", params={"collection": "other"})
    assert (unknown.status_code, unknown.json()["status"]) == (404, 404)
    assert client.get("/images/paths").status_code == 422


def test_titles_and_labels(client: TestClient) -> None:
    changed = client.patch("/images/2", json={"title": " Green ", "labels": ["wall", "paint", "wall"]})
    assert changed.status_code == 200
    assert (changed.json()["title"], changed.json()["labels"]) == ("Green", ["paint", "wall"])
    assert client.get("/images/2").json() == changed.json()
    assert client.patch("/images/2", json={"title": None}).json()["labels"] == ["paint", "wall"]
    assert client.patch("/images/2", json={"labels": []}).json()["labels"] == []
    assert client.patch("/images/2", json={}).json()["title"] is None


def test_a_date_is_said_and_taken_back(client: TestClient) -> None:
    said = client.patch("/images/1", json={"taken": "2024-07-01T12:30:05+02:00"}).json()
    assert (said["taken"], said["taken_guessed"]) == ("2024-07-01T12:30:05+02:00", False)
    assert client.get("/images?taken_after=2024-07-01&taken_before=2024-07-02").json()["total"] == 1
    back = client.patch("/images/1", json={"taken": None}).json()
    assert back["taken_guessed"]  # by its file
    assert back["taken"] != said["taken"]
    answer = client.patch("/images/1", json={"taken": "1700-01-01"})
    assert answer.status_code == 422
    assert "there were no photos before 1826" in answer.json()["detail"]


def test_a_form_says_what_a_picture_is(client: TestClient) -> None:
    before = client.get("/images/1").json()
    form = {"title": "At the beach", "labels": "sea, holiday", "taken": before["taken"][:16]}
    answer = client.post("/images/1/change", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/images/1")
    said = client.get("/images/1").json()
    assert (said["title"], sorted(said["labels"])) == ("At the beach", ["holiday", "sea"])
    form["taken"] = "2024-07-01T12:30"
    client.post("/images/1/change", data=form)
    assert client.get("/images/1").json()["taken"] == "2024-07-01T12:30:00"
    client.post("/images/1/change", data=form | {"taken": ""})
    assert client.get("/images/1").json()["taken_guessed"]
    assert client.post("/images/1/change", data={"taken": "soon"}).status_code == 422
    assert client.post("/images/999/change", data=form).status_code == 404


def test_a_date_that_is_sent_as_it_was_stays_a_guess(client: TestClient) -> None:
    before = client.get("/images/1").json()
    assert before["taken_guessed"]
    client.post("/images/1/change", data={"title": "A", "taken": before["taken"][:19]})
    assert client.get("/images/1").json()["taken_guessed"]


def test_filters(client: TestClient) -> None:
    for id_ in (1, 2):
        client.patch(f"/images/{id_}", json={"labels": ["seen", f"l{id_}"]})
    asked: list[tuple[dict[str, Any], list[int]]] = [
        ({"label": "seen"}, [2, 1]),
        ({"label": ["seen", "l1"]}, [1]),
        ({"folder": "deep"}, [2]),
        ({"folder": "dee"}, []),
        ({"label": "", "folder": "", "after": "", "cursor": ""}, [6, 5, 4, 3, 2, 1, 0]),
        ({"after": "2020-01-01", "before": "2020-01-02"}, []),
        ({"after": "2020-01-01", "label": "l2"}, [2]),
    ]
    for params, found in asked:
        answer = client.get("/images", params=params).json()
        assert (ids(answer), answer["total"]) == (found, len(found)), params


def test_a_deleted_picture_is_gone_at_once_and_stays_away(client: TestClient, world: World) -> None:
    assert client.delete("/images/5").status_code == 204
    assert 5 not in world.search.vectors[COLLECTION]
    for path in ("/images/5", "/images/5/file", "/images/5/thumbnail"):
        assert client.get(path).status_code == 404
    assert 5 not in ids(client.get("/images").json())
    (result,) = client.post("/", files=upload(world, "red.jpg"), data={"k": "50"}).json()["results"]
    assert sorted(hit["index"] for hit in result["similar"]) == [0, 1, 2, 3, 4, 6]
    assert (world.folder / "red.jpg").exists()
    report = world.index()
    assert (report.added, report.indexed) == (0, 6)
    assert client.delete("/images/5").status_code == 404
    save_picture(world.folder / "new.jpg", "navy")
    assert world.index().added == 1
    assert client.get("/images/7").json()["path"] == "new.jpg"


def test_deleting_by_filter(client: TestClient) -> None:
    assert client.delete("/images", params={"folder": "deep"}).json() == {"deleted": 1}
    for id_ in (0, 1, 3):
        client.patch(f"/images/{id_}", json={"labels": ["old"]})
    assert client.delete("/images", params={"label": "old", "after": "2020-01-01"}).json() == {"deleted": 3}
    again = client.delete("/images", params={"label": "old"}).json()
    assert (again["deleted"], again["notes"][0]["detail"]) == (0, "No picture has the label “old”.")
    assert ids(client.get("/images").json()) == [6, 5, 4]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({}, "Say which"),
        ({"label": " "}, "Say which"),
        ({"folder": "", "after": ""}, "Say which"),
        ({"limit": 3}, "There is no field 'limit'"),
    ],
)
def test_without_a_filter_nothing_is_deleted(
    shared_client: TestClient, params: dict[str, Any], said: str
) -> None:
    answer = shared_client.delete("/images", params=params)
    assert (answer.status_code, said in answer.json()["detail"]) == (422, True)
    assert shared_client.get("/images").json()["total"] == 7


def test_a_form_deletes_and_leads_back(client: TestClient) -> None:
    answer = client.post(
        "/images/4/delete", headers={"sec-fetch-site": "same-origin"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/images?deleted=4")
    assert client.get("/images/4").status_code == 404


def test_a_form_of_another_site_is_refused(client: TestClient) -> None:
    for site in ("cross-site", "same-site"):
        assert client.post("/images/4/delete", headers={"sec-fetch-site": site}).status_code == 403
    assert client.get("/images/4").status_code == 200


def test_while_the_search_service_is_away_a_deletion_is_noted(
    client: TestClient, world: World, start: Callable[[], TestClient]
) -> None:
    world.search.delete_refusals = [problem(503, "Away.")]
    answer = client.delete("/images/4")
    assert answer.status_code == 503
    assert "The deletion is noted" in answer.json()["detail"]
    assert client.get("/images/4").status_code == 200
    again = start()  # a start mends what was begun
    for _ in range(200):
        if again.get("/images/4").status_code == 404:
            break
    assert 4 not in world.search.vectors[COLLECTION]
    assert again.get("/images").json()["total"] == 6


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/images?limit=0", None, 422),
        ("GET", "/images?limit=1001", None, 422),
        ("GET", "/images?cursor=nonsense", None, 422),
        ("GET", "/images?after=yesterday", None, 422),
        ("GET", "/images?label=%00", None, 422),
        ("GET", "/images?folder=%00", None, 422),
        ("DELETE", "/images?before=x", None, 422),
        ("DELETE", "/images/99", None, 404),
        ("DELETE", "/images/-1", None, 404),
        ("DELETE", f"/images/{10**30}", None, 404),
        ("DELETE", "/images/x", None, 422),
        ("POST", "/images/99/delete", None, 404),
        ("PATCH", "/images/99", b"{}", 404),
        ("PATCH", f"/images/{10**30}", b'{"title": "a"}', 404),
        ("PATCH", "/images/0", b"", 422),
        ("PATCH", "/images/0", b"[]", 422),
        ("PATCH", "/images/0", b'{"titel": "a"}', 422),
        ("PATCH", "/images/0", b'{"title": 7}', 422),
        ("PATCH", "/images/0", b'{"title": "a\\u0000b"}', 422),
        ("PATCH", "/images/0", b'{"title": "\\ud800"}', 422),
        ("PATCH", "/images/0", b'{"title": "two\\nlines"}', 422),
        ("PATCH", "/images/0", b'{"labels": ["ok", " "]}', 422),
        ("PATCH", "/images/0", b'{"labels": "dog"}', 422),
        ("PATCH", "/images/0", b'{"labels": [null]}', 422),
    ],
)
def test_bad_requests_are_problems(
    shared_client: TestClient, method: str, path: str, body: bytes | None, status: int
) -> None:
    headers = {"content-type": "application/json"} if body is not None else {}
    answer = shared_client.request(method, path, content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert shared_client.get("/images").json()["total"] == 7


def test_too_much_is_refused(client: TestClient) -> None:
    assert client.patch("/images/0", json={"title": "a" * 501}).status_code == 422
    assert client.patch("/images/0", json={"labels": ["a" * 101]}).status_code == 422
    assert client.patch("/images/0", json={"labels": [str(n) for n in range(101)]}).status_code == 422
