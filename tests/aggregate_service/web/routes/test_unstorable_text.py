"""Text that no database can hold is refused where it comes in, and what comes after it isn't kept waiting."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from tests.aggregate_service.conftest import World
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.waiting import ended
from tests.aggregate_service.web.routes.test_uploads import files, png, send
from tests.aggregate_service.web.routes.test_vectors import parts

Start = Callable[[], TestClient]
SURROGATE, ZERO = "\ud800", "a\0b"


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, world: World, start: Start) -> TestClient:
    """On each kind of database in turn."""
    if request.param == "postgresql":
        url = SecretStr(empty_postgres(request.getfixturevalue("postgres")))
        world.settings = world.settings.model_copy(update={"database_url": url})
    world.index()
    return start()


def assert_the_next_one_is_worked_on(client: TestClient) -> None:
    after = ended(client, send(client, files(next_png=png((1, 2, 3))))["id"])
    assert (after["state"], after["done"]) == ("done", 1)


def test_a_list_beside_vectors(client: TestClient) -> None:
    places = json.dumps([SURROGATE, ZERO, f"http://h/{SURROGATE}.png", "blue.png"])
    vectors = np.ones((4, 4), np.float32)
    job = client.post("/images", files=parts(vectors, places, "places.json")).json()
    after = ended(client, job["id"])
    assert (after["state"], after["done"], after["failed"]) == ("done", 1, 3)
    for row, error in enumerate(after["errors"], 1):
        assert (error["item"], error["status"]) == (f"row {row}", 422)
        assert "can't be stored" in error["detail"]
    assert_the_next_one_is_worked_on(client)


def test_a_text_or_csv_list_beside_vectors(client: TestClient) -> None:
    for name in ("places.txt", "places.csv"):
        vectors = np.ones((2, 4), np.float32)
        job = client.post("/images", files=parts(vectors, f"{ZERO}.png\nblue.png\n", name)).json()
        after = ended(client, job["id"])
        assert (after["done"], after["failed"]) == (1, 1)
        assert "can't be stored" in after["errors"][0]["detail"]
    assert_the_next_one_is_worked_on(client)


def test_cells_of_a_list_of_links(client: TestClient) -> None:
    rows = ["url,title,labels", f"http://127.0.0.1/a.png,{ZERO},x", f"http://127.0.0.1/b.png,t,{'y' * 101}"]
    rows.append(f"http://127.0.0.1/{ZERO}.png,t,z")
    listed = [("files", ("links.csv", "\n".join(rows).encode("utf-8"), "text/csv"))]
    after = ended(client, send(client, listed)["id"])
    assert (after["state"], after["failed"]) == ("failed", 3)
    assert {error["item"]: error["status"] for error in after["errors"]}["row 3"] == 422
    assert "at most 100 characters" in next(e["detail"] for e in after["errors"] if e["item"] == "row 3")
    assert_the_next_one_is_worked_on(client)


@pytest.mark.parametrize("labels", [b"a\0b", b"caf\xe9", b"\xed\xa0\x80"])
def test_labels_of_an_upload(client: TestClient, labels: bytes) -> None:
    answer = client.post("/images", **form([(b"red.png", png("red"))], labels))
    assert answer.status_code == 422
    assert "`labels`" in answer.json()["detail"]
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("name", [b"caf\xe9.png", b"\xed\xa0\x80.png"])
def test_names_of_files(client: TestClient, name: bytes) -> None:
    job = client.post("/images", **form([(name, png("red")), (b"good.png", png("blue", (9, 9)))])).json()
    after = ended(client, job["id"])
    assert (after["done"], after["failed"]) == (1, 1)
    assert after["errors"][0]["detail"] == "Its name isn't valid UTF-8; rename it."
    assert after["errors"][0]["status"] == 422


@pytest.mark.parametrize("text", [SURROGATE, ZERO])
def test_bodies_in_json(client: TestClient, text: str) -> None:
    bodies = [("PATCH", "/images/0", {"title": text}), ("PATCH", "/images/0", {"labels": [text]})]
    folder = {"path": "/nowhere"}
    bodies += [("POST", "/folders", folder | {name: text}) for name in ("path", "label", "notice")]
    for method, address, body in bodies:
        headers = {"content-type": "application/json"}
        answer = client.request(method, address, content=json.dumps(body), headers=headers)
        assert answer.status_code in (403, 422), answer.text
    assert client.get("/images/0").json()["title"] is None


@pytest.mark.parametrize(
    "address",
    [
        *("/jobs/%00", "/jobs/%00/events", "/get_task_status/%00", "/search?text=red&label=%00"),
        *(
            "/search?url=http://h/%00",
            "/images?folder=%00",
            "/images?cursor=%00",
            "/images/paths?collection=%00",
        ),
        "/images?label=%ED%A0%80",
    ],
)
def test_addresses(client: TestClient, address: str) -> None:
    assert client.get(address).status_code in (200, 404, 422)


def form(pictures: list[tuple[bytes, bytes]], labels: bytes = b"") -> dict[str, Any]:
    """What a program sends that writes bytes as they are."""
    body = b'--b\r\nContent-Disposition: form-data; name="labels"\r\n\r\n' + labels + b"\r\n"
    for name, data in pictures:
        head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n\r\n'
        body += head + data + b"\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    return {"content": body + b"--b--\r\n", "headers": headers}
