"""The wire contract, over a fake encoder: JSON and .npy, bad files beside good ones, limits."""

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from embedding_service.config import Settings
from embedding_service.embedder import STILL_TRYING
from embedding_service.encoders.specs import SPECS
from embedding_service.main import create_app
from service_kit.arrays import NPY, from_npy
from tests.embedding_service.conftest import wait_until_ready
from tests.embedding_service.drawn import encoded, photo
from tests.embedding_service.fakes import FAKE, AverageColour, FakeLibrary
from tests.waiting import wait_until

GOOD = encoded(photo(64, 48), "JPEG")
PROBLEM = "application/problem+json"


def upload(*contents: bytes) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", (f"{i}.jpg", content)) for i, content in enumerate(contents)]


def problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    return answer.json()


@pytest.mark.parametrize("path", ["/embed-image", "/embed-image/"])
def test_pictures_in_the_order_of_the_request(client: TestClient, path: str) -> None:
    red, blue = (encoded(photo(8, 8).point(lambda _: 0), "PNG"), GOOD)
    body = client.post(path, files=upload(red, blue), follow_redirects=False).json()
    assert body["model"] == FAKE.name
    assert body["fingerprint"] == "average-colour@7:3"
    assert body["dimension"] == 3
    assert body["errors"] == []
    assert len(body["embeddings"]) == 2
    np.testing.assert_allclose(body["embeddings"][0], [3**-0.5] * 3, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(body["embeddings"], axis=1), 1, atol=1e-6)


def test_one_bad_file_does_not_spoil_the_others(client: TestClient) -> None:
    body = client.post(
        "/embed-image", files=upload(GOOD, b"text", b"", GOOD[:900], b"x" * 600_000, GOOD)
    ).json()
    assert [row is None for row in body["embeddings"]] == [False, True, True, True, True, False]
    assert body["embeddings"][0] == body["embeddings"][5]
    assert [(e["index"], e["status"]) for e in body["errors"]] == [(1, 415), (2, 422), (3, 422), (4, 413)]
    assert body["errors"][0]["filename"] == "1.jpg"
    assert body["errors"][0]["title"] == "Unsupported Media Type"
    assert "0.5 MB" in body["errors"][3]["detail"]


def test_all_bad_is_a_problem_that_names_each(client: TestClient) -> None:
    body = problem(client.post("/embed-image", files=upload(b"text", b"")), 422)
    assert "0.jpg: This isn't a picture" in body["detail"]
    assert [(e["index"], e["status"]) for e in body["errors"]] == [(0, 415), (1, 422)]


def test_npy_answer(client: TestClient) -> None:
    answer = client.post("/embed-image", files=upload(GOOD, b"text"), headers={"accept": NPY})
    assert answer.headers["content-type"] == NPY
    array = from_npy(answer.content)
    assert array.dtype == np.float32
    assert array.shape == (2, 3)
    assert np.isnan(array[1]).all()
    assert answer.headers["x-embedding-model"] == FAKE.name
    assert answer.headers["x-embedding-fingerprint"] == FAKE.fingerprint
    errors = json.loads(answer.headers["x-embedding-errors"])
    assert [(e["index"], e["status"]) for e in errors] == [(1, 415)]
    assert "filename" not in errors[0]
    expected = client.post("/embed-image", files=upload(GOOD)).json()["embeddings"]
    np.testing.assert_allclose(array[:1].astype(np.float32), expected, atol=1e-6)


def test_texts(client: TestClient) -> None:
    body = client.post("/embed-text", json={"texts": ["red red red", "blue"]}).json()
    assert body["errors"] == []
    assert body["embeddings"][0][0] > body["embeddings"][0][2]
    assert body["embeddings"][1][2] > body["embeddings"][1][0]
    answer = client.post("/embed-text", json={"texts": ["red", "blue"]}, headers={"accept": NPY})
    assert from_npy(answer.content).shape == (2, 3)
    assert answer.headers["x-embedding-errors"] == "[]"
    assert answer.headers["x-embedding-truncated"] == "[]"


def test_a_long_text_is_cut_and_said_to_be(client: TestClient) -> None:
    texts = ["red", "red " * 20_000, "blue"]
    body = client.post("/embed-text", json={"texts": texts}).json()
    assert body["truncated"] == [1]
    answer = client.post("/embed-text", json={"texts": texts}, headers={"accept": NPY})
    assert answer.headers["x-embedding-truncated"] == "[1]"


def test_two_hundred_texts_keep_their_order(client: TestClient) -> None:
    texts = ["red " * (n % 7) + "blue" for n in range(200)]
    vectors = client.post("/embed-text", json={"texts": texts}).json()["embeddings"]
    expected = AverageColour().embed_texts([text.strip() for text in texts])
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


@pytest.mark.parametrize(
    "texts", [[], [""], ["   "], ["ok", ""], [1], "red", None, ["x"] * 257, ["x" * 100_001]]
)
def test_texts_that_are_none(client: TestClient, texts: object) -> None:
    problem(client.post("/embed-text", json={"texts": texts}), 422)


def test_models(client: TestClient) -> None:
    def settled() -> Any:
        body = client.get("/models").json()
        return body if body["models"][0]["runtime_why"] != STILL_TRYING else None

    body = wait_until(settled, "the runtime to be chosen")
    assert body["default"] == FAKE.name
    assert body["notice"] == "A fake encoder answers."
    assert body["models"][0] == {
        "name": FAKE.name,
        "fingerprint": FAKE.fingerprint,
        "dimension": 3,
        "modalities": ["image", "text"],
        "licence": "Apache-2.0",
        "source": "tests",
        "loaded": True,
        "default": True,
        "runtime": "built in",
        "runtime_why": "as the test says",
    }
    others = {m["name"]: m["loaded"] for m in body["models"][1:]}
    assert others == {spec.name: False for spec in SPECS}


def test_a_model_can_be_named(client: TestClient) -> None:
    assert client.post("/embed-image", files=upload(GOOD), data={"model": FAKE.name}).status_code == 200
    assert client.post("/embed-text", json={"texts": ["red"], "model": FAKE.name}).status_code == 200


def test_unknown_model_lists_the_known(client: TestClient) -> None:
    for answer in (
        client.post("/embed-image", files=upload(GOOD), data={"model": "no/such"}),
        client.post("/embed-text", json={"texts": ["red"], "model": "no/such"}),
    ):
        detail = problem(answer, 404)["detail"]
        assert "no/such" in detail
        assert "openai/clip-vit-base-patch32" in detail


def test_no_files_and_too_many(client: TestClient) -> None:
    problem(client.post("/embed-image"), 422)
    problem(client.post("/embed-image", files={"other": GOOD}), 422)
    problem(client.post("/embed-image", data={"files": "text"}), 422)
    assert "33 files" in problem(client.post("/embed-image", files=upload(*[GOOD] * 33)), 422)["detail"]
    assert client.post("/embed-image", files=upload(*[GOOD] * 32)).status_code == 200


def test_body_without_its_closing_boundary(client: TestClient) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n' + GOOD
    headers = {"content-type": "multipart/form-data; boundary=b"}
    problem(client.post("/embed-image", content=part, headers=headers), 400)
    assert client.post("/embed-image", content=part + b"\r\n--b--\r\n", headers=headers).status_code == 200


def test_too_large_a_request(settings: Settings) -> None:
    small = settings.model_copy(update={"max_request_mb": 0.1})
    with TestClient(create_app(small, FakeLibrary())) as client:
        wait_until_ready(client)
        problem(client.post("/embed-image", files=upload(b"x" * 200_000)), 413)
        assert client.post("/embed-image", files=upload(GOOD)).status_code == 200


def test_ready_says_which_encoder(client: TestClient) -> None:
    assert client.get("/readyz").json() == {
        "status": "ready",
        "model": FAKE.name,
        "fingerprint": FAKE.fingerprint,
        "notice": "A fake encoder answers.",
        "runtime": "built in",
    }


def test_steps_are_timed(client: TestClient) -> None:
    client.post("/embed-image", files=upload(GOOD))
    metrics = client.get("/metrics").text
    for step in ("decode", "encode", "write"):
        assert f'step_seconds_count{{step="{step}"}} 1.0' in metrics


def test_queues_and_batches_are_measured(client: TestClient) -> None:
    client.post("/embed-image", files=upload(GOOD, GOOD, GOOD))
    client.post("/embed-text", json={"texts": ["red"]})
    metrics = client.get("/metrics").text
    assert 'queue_depth{input="image",model="average-colour"} 0.0' in metrics
    assert 'batch_size_sum{input="image",model="average-colour"} 3.0' in metrics
    assert 'batch_size_count{input="text",model="average-colour"} 1.0' in metrics
    assert 'step_seconds_count{step="queue"} 4.0' in metrics
    assert 'step_seconds_count{step="read"} 2.0' in metrics


def test_documentation_has_examples(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/embed-image", "/embed-text", "/models"} <= set(paths)
    assert all(operation["summary"] for path in paths.values() for operation in path.values())
    assert {"400", "404", "413", "422", "503"} <= set(paths["/embed-image"]["post"]["responses"])
