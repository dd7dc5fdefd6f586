"""Many pictures at once over HTTP, as JSON and from a form; what is known of photos; sorting by date."""

import io
import zipfile
from typing import Any

from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World
from tests.aggregate_service.waiting import ended
from tests.picture_files.test_metadata import SAID, with_exif

HTML = {"accept": "text/html"}


def labels(client: TestClient, *ids: int) -> list[list[str]]:
    return [client.get(f"/images/{id_}").json()["labels"] for id_ in ids]


def test_labels_of_many(client: TestClient) -> None:
    wanted = {"ids": [0, 1, 99], "add_labels": ["🐕 walk", "blue"]}
    assert client.patch("/images", json=wanted).json() == {"changed": 2}
    assert client.patch("/images", json={"ids": [1], "remove_labels": ["blue"]}).json() == {"changed": 1}
    assert labels(client, 0, 1, 2) == [["blue", "🐕 walk"], ["🐕 walk"], []]
    form = {"id": ["0", "2"], "do": "favourite"}
    referer = {"referer": "http://testserver/images?label=blue&deleted=3"}
    answer = client.post("/images/labels", data=form, headers=HTML | referer, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/images?label=blue")
    assert labels(client, 2) == [["♥"]]
    client.post("/images/labels", data={"id": "0", "do": "remove", "labels": "blue, ♥"}, headers=HTML)
    assert labels(client, 0) == [["🐕 walk"]]


def test_what_is_no_selection_is_refused(client: TestClient) -> None:
    bodies: tuple[dict[str, Any], ...]
    bodies = ({}, {"ids": []}, {"ids": ["x"]}, {"ids": [-1]}, {"ids": [2**63]}, {"ids": [0], "more": 1})
    for body in bodies:
        for route in ("delete", "zip", "restore"):
            assert client.post(f"/images/{route}", json=body).status_code == 422
    for bad in ("x" * 1_000, "", "a\nb"):
        assert client.patch("/images", json={"ids": [0], "add_labels": [bad]}).status_code == 422
    assert client.post("/images/zip", data={"nothing": "1"}).status_code == 422
    assert labels(client, 0) == [[]]


def test_deleted_together_and_brought_back_together(client: TestClient) -> None:
    assert client.post("/images/delete", json={"ids": [0, 1, 99]}).json() == {"deleted": 2}
    job = client.post("/images/restore", json={"ids": [0, 1, 99]}).json()
    assert ended(client, job["id"])["done"] == 2
    assert client.post("/images/restore", json={"ids": [0]}).status_code == 404
    page = client.post("/images/delete", data={"id": ["2", "3"]}, headers=HTML)
    assert page.url.path == "/images"
    assert '<input type="hidden" name="id" value="3">' in page.text
    assert client.get("/images").json()["total"] == 5


def test_searched_by_together(client: TestClient) -> None:
    answer = client.post("/images/search", data={"id": ["0", "2"], "labels": ""}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?id=0&id=2")


def test_one_zip_of_many(client: TestClient, world: World) -> None:
    answer = client.post("/images/zip", json={"ids": [2, 0, 2, 99]})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["green.webp", "blue.png"]
        assert archive.read("blue.png") == (world.folder / "blue.png").read_bytes()


def test_what_is_known_of_a_photo_and_what_is_not_given_away(client: TestClient, world: World) -> None:
    photo = with_exif(taken=SAID, offset="+01:00", make="Canon", model="Canon EOS 5D")
    (world.folder / "photo.jpg").write_bytes(photo)
    world.index()
    known = client.get("/images/7").json()
    assert (known["taken"], known["taken_guessed"]) == ("2026-03-01T12:30:05+01:00", False)
    assert (known["camera"], known["has_position"], known["media_type"]) == (
        "Canon EOS 5D",
        False,
        "image/jpeg",
    )
    assert client.get("/images/0").json()["taken_guessed"]
    assert client.get("/images/7/file").content == photo
    for route in ("file", "view"):
        assert b"Canon" not in client.get(f"/images/7/{route}?metadata=no").content
    assert client.get("/images/7/file?metadata=perhaps").status_code == 422
    (found,) = client.get("/images", params={"camera": "Canon EOS 5D", "taken_after": "2026-03"}).json()[
        "images"
    ]
    assert found["id"] == 7
    months = client.get("/images/months").json()["months"]
    assert {"month": "2026-03", "count": 1} in [{k: m[k] for k in ("month", "count")} for m in months]
    asked = client.get("/search", params={"id": 7, "camera": "Canon EOS 5D"}).json()["results"][0]["similar"]
    assert [hit["index"] for hit in asked] == [7]
    page = client.get("/images/7", headers=HTML).text
    assert "Canon EOS 5D" in page
    assert "March 2026, 12:30" in page
    timeline = client.get("/images?sort=taken", headers=HTML).text
    assert "March 2026" in timeline
    assert client.get("/suggestions?kind=camera&prefix=can").json() == {"suggestions": ["Canon EOS 5D"]}


def test_sorted_by_date_inside_what_is_relevant(client: TestClient, world: World) -> None:
    """Three greys of known dates, and one of today, among other colours: what is near, the newest first."""
    for name, day in (("r1", "2021:01:01"), ("r2", "2023:01:01"), ("r3", "2022:01:01")):
        taken = with_exif(taken=f"{day} 10:00:00", make=name)
        (world.folder / f"{name}.jpg").write_bytes(taken)
    world.index()
    similar = client.get("/search?id=7&sort=taken&min_score=0.999").json()["results"][0]["similar"]
    assert [hit["path"] for hit in similar] == ["grey.png", "r2.jpg", "r3.jpg", "r1.jpg"]
    assert client.get("/search?id=7&sort=age").status_code == 422
    assert client.get("/search?id=7&sort=relevance&k=1").json()["results"][0]["similar"][0]["index"] == 7


def test_the_pages_offer_all_of_it(client: TestClient) -> None:
    page = client.get("/images", headers=HTML).text
    assert page.count('name="id"') == 7
    assert 'href="/duplicates"' in page
    assert client.get("/duplicates").json()["total"] == 7
    assert "Duplicates" in client.get("/duplicates", headers=HTML).text
