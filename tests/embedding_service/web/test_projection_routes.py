"""Training a projection over HTTP: arrays in, a matrix out, and what can't be learned from."""

from concurrent.futures import ThreadPoolExecutor
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
    arrays: dict[str, Any] = {"vectors": ROWS, "labels": LABELS, "words": WORDS}
    body = to_npz(**arrays | changed)
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


def test_only_one_is_trained_at_a_time(client: TestClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: sent(client), range(4)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses) <= {200, 429}
    assert all(answer.headers["retry-after"] == "5" for answer in answers if answer.status_code == 429)
    assert sent(client).status_code == 200


def test_bad_bodies_and_kinds(client: TestClient) -> None:
    body = problem(client.post("/projections/train", content=b"no archive"), 400)
    assert "vectors, labels, words" in body["detail"]
    problem(sent(client, "magic"), 422)
