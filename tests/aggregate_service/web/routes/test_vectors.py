"""Vectors made elsewhere become pictures with those vectors; what doesn't fit is said, row by row."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.waiting import ended

Start = Callable[[], TestClient]


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()


def parts(vectors: Any, places: str, name: str = "places.txt") -> list[Any]:
    return [
        ("files", ("vectors.npy", npy(vectors), "application/octet-stream")),
        ("files", (name, places.encode(), "text/plain")),
    ]


def test_files_of_the_folder_get_the_given_vectors(world: World, client: TestClient) -> None:
    for name in ("new-1.png", "new-2.png"):
        save_picture(world.folder / name, (9, 9, len(name) + ord(name[4])))
    vectors = np.array([[0, 0, 2, 0], [0, 3, 4, 0], [1, 0, 0, 0]], np.float32)
    places = f"new-1.png\n{world.folder}/new-2.png\nred.jpg\n"
    answer = client.post("/images", files=parts(vectors, places), data={"labels": "given"})
    assert answer.status_code == 202, answer.text
    after = ended(client, answer.json()["id"])
    assert (after["kind"], after["state"], after["done"], after["errors"]) == ("vectors", "done", 3, [])
    one, two, three = after["pictures"]
    assert world.vectors()[one] == [0, 0, 1, 0]
    assert world.vectors()[two] == pytest.approx([0, 0.6, 0.8, 0])
    assert (three, world.vectors()[three]) == (5, [1, 0, 0, 0])
    assert client.get(f"/images/{one}").json()["labels"] == ["given"]


def test_rows_that_cant_be_used_are_named_one_by_one(world: World, client: TestClient) -> None:
    vectors = np.array(
        [[1, 0, 0, 0], [np.nan, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]], np.float32
    )
    places = "nowhere.png\nblue.png\nblue.png\n/etc/passwd\nred.jpg"
    after = ended(client, client.post("/images", files=parts(vectors, places)).json()["id"])
    assert (after["done"], after["failed"]) == (1, 4)
    said = [error["detail"] for error in after["errors"]]
    assert "isn't in a folder that is indexed" in said[0]
    assert "NaN" in said[1]
    assert "zero" in said[2]
    assert "isn't in a folder that is indexed" in said[3]


@pytest.mark.parametrize(
    ("vectors", "places", "said"),
    [
        (np.ones((2, 8), np.float32), "a.png\nb.png", "8 numbers each; the encoder in use makes 4"),
        (np.ones((2, 4), np.float32), "a.png", "2 vectors, but 1 paths or links in places.txt"),
        (np.ones((0, 4), np.float32), "", "no vectors"),
        (np.ones(4, np.float32), "a.png", "shape (n, d)"),
    ],
)
def test_what_doesnt_fit_is_refused(client: TestClient, vectors: Any, places: str, said: str) -> None:
    answer = client.post("/images", files=parts(vectors, places))
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert client.get("/jobs").json()["jobs"] == []


def test_a_list_of_another_kind(client: TestClient) -> None:
    vectors = np.ones((1, 4), np.float32)
    after = client.post("/images", files=parts(vectors, '["blue.png"]', "places.json")).json()
    assert ended(client, after["id"])["pictures"] == [0]
    after = client.post("/images", files=parts(vectors, "id,path\n7,blue.png\n", "places.csv")).json()
    assert ended(client, after["id"])["pictures"] == [0]
