"""Bad input to the searches: each the right 4xx problem, and the next good request works."""

import io
import resource
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.aggregate_service.conftest import World
from tests.aggregate_service.web.routes.test_search import BROWSER, upload


def huge_png(side: int) -> bytes:
    """A PNG whose header says that it is side × side pixels large."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def truncated_jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(buffer, "JPEG")
    return buffer.getvalue()[:2000]


def peak_memory() -> int:
    """The most bytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.fixture
def world(shared_world: World) -> World:
    """What is refused changes nothing."""
    return shared_world


@pytest.fixture
def client(shared_client: TestClient) -> TestClient:
    return shared_client


def post(client: TestClient, *datas: bytes, form: Mapping[str, Any] | None = None) -> tuple[int, Any]:
    answer = client.post("/", files=[("files", ("f.jpg", data)) for data in datas], data=form)
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    return answer.status_code, answer.json()


def assert_still_works(client: TestClient, world: World) -> None:
    assert client.post("/", files=upload(world, "red.jpg")).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text named .jpg",
        truncated_jpeg(),
        huge_png(50_000),
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>',
    ],
    ids=["empty", "text", "truncated", "50,000 squared", "svg"],
)
def test_unreadable_pictures(client: TestClient, world: World, data: bytes) -> None:
    before = peak_memory()
    status, problem = post(client, data)
    assert peak_memory() - before < 500_000_000
    assert status == 422
    (error,) = problem["errors"]
    assert error["filename"] == "f.jpg"
    assert error["status"] == 422
    page = client.post("/", files=[("files", ("f.jpg", data))], headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert_still_works(client, world)


def test_a_huge_upload_beside_a_good_one_gets_no_preview_and_no_crash(
    client: TestClient, world: World
) -> None:
    files = [*upload(world, "red.jpg"), ("files", ("huge.png", huge_png(50_000)))]
    assert client.post("/", files=files, headers=BROWSER).status_code == 200
    assert_still_works(client, world)


def test_a_25_mb_file_is_not_passed_on(client: TestClient, world: World) -> None:
    world.embedding.calls.clear()
    status, problem = post(client, b"\0" * 25_000_000)
    assert status == 422
    assert problem["errors"][0]["status"] == 413
    assert "20 MB" in problem["detail"]
    assert world.embedding.calls == []
    files = [("files", ("big.jpg", b"\0" * 25_000_000)), *upload(world, "red.jpg")]
    big, red = client.post("/", files=files).json()["results"]
    assert big["problem"]["status"] == 413
    assert red["similar"][0]["path"] == "red.jpg"


def test_too_large_a_request(client: TestClient, world: World) -> None:
    status, _ = post(client, *[b"\0" * 19_000_000] * 7)
    assert status == 413
    assert_still_works(client, world)


def test_number_of_files(client: TestClient, world: World) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    assert post(client, *[data] * 33)[0] == 422
    assert len(post(client, *[data] * 32)[1]["results"]) == 32
    assert client.post("/").status_code == 422
    assert client.post("/", data={"k": 5}).status_code == 422
    assert client.post("/", files={"wrong-field": ("f.jpg", data)}).status_code == 422
    assert client.post("/", files={"files": ("", b"")}).status_code == 422
    assert client.post("/", data={"files": "not a file"}).status_code == 422
    assert_still_works(client, world)


@pytest.mark.parametrize("k", ["0", "-1", "1001", "5000", "abc", "1.5", "9" * 30, "9" * 5000, "NaN"])
def test_k(client: TestClient, world: World, k: str) -> None:
    data = (world.folder / "red.jpg").read_bytes()
    assert post(client, data, form={"k": k})[0] == 422
    assert client.get("/search", params={"text": "red", "k": k}).status_code == 422
    assert_still_works(client, world)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_text(client: TestClient, text: str) -> None:
    assert client.get("/search", params={"text": text}).status_code == 422
    assert client.post("/", data={"text": text}).status_code == 422
    assert client.get("/search", params={"text": "red"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "red^0"}, "not 0"),
        ({"text": "red^11"}, "between -10 and 10"),
        ({"text": ["red"] * 33}, "32 parts"),
        ({"id": "seventeen"}, "a picture's number"),
        ({"id": "-1"}, "a picture's number"),
        ({"id": "9" * 30}, "a picture's number"),
        ({"text": "red", "offset": "-1"}, "offset"),
        ({"text": "red", "k": "900", "offset": "101"}, "offset"),
        ({"text": "red", "min_score": "2"}, "min_score"),
        ({"text": "red", "min_score": "nan"}, "min_score"),
        ({"text": "red", "box": "0,0,1,1"}, "one picture"),
        ({"id": ["1", "2"], "box": "0,0,1,1"}, "one picture"),
        ({"id": "1", "box": "0,0,1"}, "x,y,width,height"),
        ({"id": "1", "box": "0.5,0,0.6,1"}, "inside the picture"),
        ({"id": "1", "box": "nan,0,1,1"}, "inside the picture"),
        ({"text": "red", "after": "yesterday"}, "must be a date"),
        ({"text": ["red", "red^-1"]}, "cancel each other out"),
    ],
)
def test_a_question_that_cannot_be_asked(
    client: TestClient, world: World, fields: dict[str, Any], says: str
) -> None:
    for answer in (client.get("/search", params=fields), client.post("/", data=fields)):
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
    assert_still_works(client, world)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"combine": "mean"}, "each, average, all, any"),
        ({"weights": "1"}, "1 numbers for 2 files"),
        ({"weights": "1,zero"}, "between -10 and 10"),
        ({"weights": "1,-2", "combine": "all"}, "take no weights"),
        ({"weights": "1,-1", "combine": "average"}, "cancel each other out"),
    ],
)
def test_uploads_that_cannot_be_combined(
    client: TestClient, world: World, fields: dict[str, str], says: str
) -> None:
    answer = client.post("/", files=upload(world, "red.jpg", "red.jpg"), data=fields)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert_still_works(client, world)


def test_empty_fields_of_a_form_ask_nothing(client: TestClient, world: World) -> None:
    empty = dict.fromkeys(
        ("text", "id", "url", "box", "weights", "min_score", "label", "folder", "after"), ""
    )
    assert client.post("/", files=upload(world, "red.jpg"), data=empty).status_code == 200


def test_a_body_without_its_closing_boundary(client: TestClient, world: World) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\nx\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/", content=body, headers=headers).status_code == 400
    page = client.post("/", content=body, headers=headers | BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert_still_works(client, world)


def test_hostile_filenames_come_back_as_they_are(client: TestClient) -> None:
    for name in ("../../etc/passwd", "<script>alert(1)</script>.jpg", "фото\u202egpj.jpg"):
        answer = client.post("/", files=[("files", (name, b"x")), ("files", ("b", b"y"))])
        assert answer.json()["errors"][0]["filename"] == name
        page = client.post("/", files=[("files", (name, b"x"))], headers=BROWSER)
        assert "<script>alert" not in page.text
