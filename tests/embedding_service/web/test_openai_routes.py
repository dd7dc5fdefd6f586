"""`POST /v1/embeddings` as raw JSON: what OpenAI-style clients send, what they read, what is refused."""

import base64
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from PIL import Image

from embedding_service.config import Settings
from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.main import create_app
from embedding_service.weights.choice import Choice, NoEncoder, Say
from tests.embedding_service.conftest import wait_until_ready
from tests.embedding_service.drawn import encoded, photo
from tests.embedding_service.fakes import FAKE, AverageColour, FakeLibrary
from tests.embedding_service.web.test_routes import problem

JPEG = encoded(photo(64, 48), "JPEG")


def data_uri(content: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def ask(client: TestClient, inputs: object, **fields: object) -> Any:
    return client.post("/v1/embeddings", json={"input": inputs, "model": FAKE.name} | fields)


def picture(client: TestClient, *contents: bytes) -> Any:
    return ask(client, [data_uri(content) for content in contents], modality="image")


def test_one_text(client: TestClient) -> None:
    body = ask(client, "red red red", user="me").json()
    same = client.post("/embed-text", json={"texts": ["red red red"]}).json()["embeddings"][0]
    assert body == {
        "object": "list",
        "model": FAKE.name,
        "data": [{"object": "embedding", "index": 0, "embedding": same}],
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
        "fingerprint": FAKE.fingerprint,
        "truncated": [],
    }


def test_several_in_the_order_of_the_request(client: TestClient) -> None:
    body = ask(client, ["red", "  blue "]).json()
    assert [item["index"] for item in body["data"]] == [0, 1]
    first, second = (item["embedding"] for item in body["data"])
    assert first[0] > first[2]
    assert second[2] > second[0]


def test_200_texts(client: TestClient) -> None:
    assert len(ask(client, ["red"] * 200).json()["data"]) == 200
    assert "257 texts" in problem(ask(client, ["red"] * 257), 422)["detail"]


def test_base64_is_little_endian_float32(client: TestClient) -> None:
    numbers = ask(client, ["red", "blue"]).json()["data"]
    packed = ask(client, ["red", "blue"], encoding_format="base64").json()["data"]
    unpacked = [np.frombuffer(base64.b64decode(item["embedding"]), "<f4") for item in packed]
    np.testing.assert_allclose(unpacked, [item["embedding"] for item in numbers], atol=1e-7)


def test_pictures(client: TestClient) -> None:
    upload = client.post("/embed-image", files={"files": JPEG}).json()["embeddings"][0]
    body = picture(client, JPEG, JPEG).json()
    assert [item["embedding"] for item in body["data"]] == [upload, upload]
    assert body["usage"] == {"prompt_tokens": 0, "total_tokens": 0}


@pytest.mark.parametrize("header", ["data:image/jpeg;base64,", "data:;base64,", "DATA:image/png;x=y;BASE64,"])
def test_data_uris_of_every_kind(client: TestClient, header: str) -> None:
    uri = header + base64.b64encode(JPEG).decode()
    assert ask(client, uri, modality="image").status_code == 200


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://example.com/cat.jpg", "URLs aren't fetched"),
        ("HTTP://169.254.169.254/", "URLs aren't fetched"),
        ("file:///etc/passwd", "isn't a data URI"),
        (base64.b64encode(JPEG).decode(), "isn't a data URI"),
        ("data:image/svg+xml,<svg/>", "must be base64"),
        ("data:image/jpeg;base64,@@@@", "damaged"),
        ("data:image/jpeg;base64,", "empty"),
        (data_uri(b"text"), "isn't a picture"),
        (data_uri(JPEG[:900]), "cut short"),
    ],
)
def test_what_is_no_picture(client: TestClient, text: str, says: str) -> None:
    body = problem(ask(client, [data_uri(JPEG), text], modality="image"), 422)
    assert says in body["detail"]
    assert body["detail"].startswith("Input 1: ")
    assert [error["index"] for error in body["errors"]] == [1]


def test_every_bad_picture_is_named(client: TestClient) -> None:
    body = problem(picture(client, b"text", JPEG, b"x" * 600_000), 422)
    assert [(error["index"], error["status"]) for error in body["errors"]] == [(2, 413)]
    body = problem(picture(client, b"text", JPEG, b""), 422)
    assert [(error["index"], error["status"]) for error in body["errors"]] == [(0, 415), (2, 422)]


def test_pictures_at_the_edge(client: TestClient) -> None:
    frames = [Image.new("P", (8, 8), i % 256) for i in range(1000)]
    gif = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=10)
    assert picture(client, encoded(photo(1, 1), "PNG"), gif).status_code == 200
    detail = problem(picture(client, encoded(Image.new("RGB", (20_000, 1)), "PNG")), 422)["detail"]
    assert "20000 × 1" in detail


def test_too_many_pictures(client: TestClient) -> None:
    assert picture(client, *[JPEG] * 32).status_code == 200
    assert "33 pictures" in problem(picture(client, *[JPEG] * 33), 422)["detail"]


@pytest.mark.parametrize("uri", [data_uri(JPEG), data_uri(JPEG, ""), "DATA:image/png,x"])
def test_a_picture_as_text(client: TestClient, uri: str) -> None:
    assert '"modality": "image"' in problem(ask(client, uri), 422)["detail"]
    body = problem(client.post("/embed-text", json={"texts": ["red", uri]}), 422)
    assert "send its file to /embed-image" in body["detail"]
    assert body["errors"][0]["location"] == "body.texts.1"


def test_a_text_about_data_is_a_text(client: TestClient) -> None:
    assert ask(client, ["data: a red chart", "Data:base64, explained"]).status_code == 200
    assert client.post("/embed-text", json={"texts": ["data: a red chart"]}).status_code == 200


def test_a_picture_of_megabytes(settings: Settings) -> None:
    """Larger than the steps in which JSON and base64 are read."""
    large = encoded(Image.effect_noise((1500, 1500), 200).convert("RGB"), "JPEG", quality=98)
    assert len(large) > 3_000_000
    with TestClient(create_app(settings.model_copy(update={"max_file_mb": 20.0}), FakeLibrary())) as client:
        wait_until_ready(client)
        upload = client.post("/embed-image", files={"files": large}).json()["embeddings"][0]
        assert picture(client, large, JPEG).json()["data"][0]["embedding"] == upload
        broken = data_uri(large)
        for bad in (
            broken[:2_000_000] + "=" + broken[2_000_000:],
            broken[:2_000_000] + "é" + broken[2_000_000:],
        ):
            assert "base64 is damaged" in problem(ask(client, bad, modality="image"), 422)["detail"]


@pytest.mark.parametrize(
    "inputs", ["", [], [""], ["ok", "  "], None, 1, [1, 2], [[1, 2]], ["x" * 100_001], {}]
)
def test_texts_that_are_none(client: TestClient, inputs: object) -> None:
    problem(ask(client, inputs), 422)


def test_problems_have_the_member_that_clients_show(client: TestClient) -> None:
    for answer in (ask(client, "red", model="no/such"), ask(client, [[1]]), ask(client, "red", dimensions=2)):
        body = problem(answer, answer.status_code)
        assert body["status"] == answer.status_code
        assert body["error"] == {
            "message": body["detail"],
            "type": body["title"],
            "code": str(answer.status_code),
        }


class NoWeights(FakeLibrary):
    def choose(self, say: Say, stop: threading.Event) -> Choice:
        raise NoEncoder("No weights here.")


def test_not_ready(settings: Settings) -> None:
    with TestClient(create_app(settings, NoWeights())) as client:
        answer = ask(client, "red")
        assert problem(answer, 503)["error"]["code"] == "503"
        assert answer.headers["retry-after"]


class Poisoned(AverageColour):
    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        if any(picture.max() == 0 for picture in pixels):
            raise RuntimeError("black is poison")
        return super()._encode_pixels(pixels)


def test_a_model_that_fails_is_no_fault_of_the_sender(settings: Settings) -> None:
    black = encoded(Image.new("RGB", (8, 8)), "PNG")
    with TestClient(create_app(settings, FakeLibrary(Poisoned()))) as client:
        wait_until_ready(client)
        assert "failed on this picture" in problem(picture(client, JPEG, black), 500)["detail"]
        assert problem(picture(client, b"text", black), 422)["errors"][0]["status"] == 415
        assert picture(client, JPEG).status_code == 200


class Held(AverageColour):
    """Encodes no text while it isn't free."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()
        self.free.set()

    def _encode_texts(self, texts: Sequence[str]) -> NDArray[Any]:
        self.free.wait(120)
        return super()._encode_texts(texts)


def test_too_slow(settings: Settings) -> None:
    encoder, hurried = Held(), settings.model_copy(update={"request_seconds": 0.05})
    with TestClient(create_app(hurried, FakeLibrary(encoder))) as client:
        wait_until_ready(client)
        encoder.free.clear()
        answer = ask(client, "red")
        encoder.free.set()
        assert problem(answer, 503)["error"]["code"] == "503"


def test_another_known_model_is_loaded_when_it_is_asked_for(settings: Settings) -> None:
    with TestClient(create_app(settings, FakeLibrary())) as client:
        wait_until_ready(client)
        assert problem(ask(client, "red", model="facebook/dinov2-small"), 503)["detail"]


def test_too_large_a_request(settings: Settings) -> None:
    small = settings.model_copy(update={"max_request_mb": 0.1})
    with TestClient(create_app(small, FakeLibrary())) as client:
        wait_until_ready(client)
        problem(ask(client, "x" * 200_000), 413)


def test_token_numbers_are_refused_by_name(client: TestClient) -> None:
    assert "token numbers" in problem(ask(client, [[464, 2068]]), 422)["detail"]


def test_unknown_model_lists_the_known(client: TestClient) -> None:
    detail = problem(ask(client, "red", model="text-embedding-3-small"), 404)["detail"]
    assert FAKE.name in detail


def test_dimensions(client: TestClient) -> None:
    assert ask(client, "red", dimensions=3).status_code == 200
    assert "3 dimensions" in problem(ask(client, "red", dimensions=2), 422)["detail"]
    problem(ask(client, "red", dimensions=0), 422)


@pytest.mark.parametrize("fields", [{"encoding_format": "int8"}, {"modality": "audio"}])
def test_other_choices(client: TestClient, fields: dict[str, object]) -> None:
    problem(ask(client, "red", **fields), 422)


def test_a_model_and_a_key_are_optional(client: TestClient) -> None:
    answer = client.post("/v1/embeddings", json={"input": "red"}, headers={"authorization": "Bearer any"})
    assert answer.json()["model"] == FAKE.name


def test_text_for_a_model_without_a_text_side(settings: Settings) -> None:
    spec = replace(FAKE, modalities=("image",))
    with TestClient(create_app(settings, FakeLibrary(AverageColour(spec)))) as client:
        wait_until_ready(client)
        assert "pictures only" in problem(ask(client, "red"), 422)["detail"]
        assert picture(client, JPEG).status_code == 200


@pytest.fixture
def clip(settings: Settings, checkpoint: Path) -> Iterator[TestClient]:
    encoder = load_encoder(local_spec(checkpoint, FAKE.name), checkpoint)
    with TestClient(create_app(settings, FakeLibrary(encoder))) as client:
        wait_until_ready(client)
        yield client


def test_a_long_text_is_cut_as_the_tokenizer_cuts_it_and_that_is_said(clip: TestClient) -> None:
    long = "a " * 50_000
    body = ask(clip, ["a bus", long, "a " * 14]).json()
    assert body["truncated"] == [1]
    assert body["usage"]["prompt_tokens"] == (2 + 4) + 16 + 16
    assert body["data"][1]["embedding"] == pytest.approx(body["data"][2]["embedding"], abs=1e-5)
