"""Training a projection over HTTP: arrays in, a matrix out, and what can't be learned from."""

from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPY, NPZ, from_npy, to_npz
from tests.embedding_service.web.test_routes import problem

ROWS = np.array([[1, 0.1, 0], [1, 0, 0.1], [0, 1, 0.1], [0.1, 1, 0]], np.float32)
LABELS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.uint8)
WORDS = np.array([[1, 0, 1], [0, 1, 1]], np.float32)


def sent(client: TestClient, kind: str = "siamese", **changed: Any) -> Any:
    body = to_npz(**{"vectors": ROWS, "labels": LABELS, "words": WORDS} | changed)
    return client.post(f"/projections/train?kind={kind}", content=body, headers={"content-type": NPZ})


@pytest.mark.parametrize("kind", ["siamese", "autoencoder"])
def test_a_square_matrix_comes_back(client: TestClient, kind: str) -> None:
    answer = sent(client, kind)
    assert answer.headers["content-type"] == NPY
    matrix = from_npy(answer.content)
    assert matrix.dtype == np.float32
    assert matrix.shape == (3, 3)


def test_an_encoder_without_words_sends_none(client: TestClient) -> None:
    assert sent(client, words=WORDS[:0]).status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"vectors": ROWS[:1]}, "1 vectors of 3 numbers"),
        ({"vectors": ROWS[0]}, "two axes each"),
        ({"vectors": ROWS * 0}, "finite numbers that aren't all 0"),
        ({"words": WORDS * np.nan}, "finite numbers that aren't all 0"),
        ({"labels": LABELS[:3]}, "4 rows"),
        ({"labels": LABELS[:, :0]}, "1 to 1,000 columns"),
        ({"words": WORDS[:1]}, "a row for each label or none"),
        ({"words": WORDS[:, :2]}, "3 columns"),
    ],
)
def test_what_nothing_can_be_learned_from(client: TestClient, changed: Any, said: str) -> None:
    assert said in problem(sent(client, **changed), 422)["detail"]


def test_bad_bodies_and_kinds(client: TestClient) -> None:
    body = problem(client.post("/projections/train", content=b"no archive"), 400)
    assert "vectors, labels, words" in body["detail"]
    problem(sent(client, "magic"), 422)
