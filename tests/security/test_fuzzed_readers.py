"""Every reader of foreign bytes, on mutations of good ones: what it can't read is a 4xx problem.

A hundred mutations each; `make fuzz` has 10,000.
"""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from PIL import Image
from starlette.requests import Request
from starlette.types import Message

from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.pixels import data_uri
from aggregate_service.jobs.sources.vector_lists import VectorFile, read_places
from aggregate_service.links.link import normal_link
from aggregate_service.web.routes.negotiation import prefers_html
from aggregate_service.web.streamed_form import FormLimits, StreamedForm, read_form
from embedding_service.web import long_strings
from embedding_service.web.data_uris import read_data_uri
from picture_files.reader import PictureLimits, read_header, read_picture
from search_service.config import Settings
from search_service.web.requests import Body, IdsRequest, SearchRequest, UpsertRequest
from service_kit.arrays import NPY, NPZ, from_npy, from_npz, to_npy, to_npz
from service_kit.guard import ClosingBoundary
from service_kit.hosts import HostRules
from service_kit.problems import Problem
from tests.security.multipart import form, part
from tests.security.mutations import fuzzed, mutated

VECTORS = np.ones((2, 3), np.float32)
ARRAYS = [to_npy(VECTORS), to_npy(VECTORS.astype(np.float64).T), to_npy(np.arange(2))]
PACKED = [to_npz(ids=np.arange(2), vectors=VECTORS)]
SEARCH = [b'{"embeddings": [[1, 0.5, -2e3]], "k": 5, "collection": "a", "allow": [1, 2], "moments": true}']
UPSERT = [b'{"collection": "a", "encoder": "a@1:3", "ids": [0, 1], "vectors": [[1, 0, 0], [0, 1, 0]]}']
TEXTS = [b'{"texts": ["a red bus", "' + b"x" * 70_000 + b'"], "model": null}']
URIS = [b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="]
LISTS = [b"path,label\na.jpg,x\nhttp://a.example/b.jpg,y\n", b'["a.jpg", "b.jpg"]', b"a.jpg\nb.jpg\n"]
FORMS = [form([part("labels", b"a,b"), part("files", b"x" * 300, "a.png"), part("files", b"", "")])]
LINKS = [b"https://user@a.example:80/b%20c?d=e#f", b"//a.example\\b", "http://bücher.example/ü".encode()]
HEADERS = [
    b"text/html;q=0.9, application/json, */*;q=0.1",
    b'multipart/form-data; boundary="a,b"',
    b"[::1]:80",
]


def picture(kind: str, mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.effect_noise((24, 16), 60).convert(mode).save(file, kind)
    return file.getvalue()


PICTURES = [picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")]
PICTURES += [picture("PNG", "LA"), picture("TIFF", "F"), picture("PNG", "I;16")]


def takes(read: Callable[[], object], *also: type[Exception]) -> None:
    """It reads, or refuses with a 4xx problem (or with what its caller turns into one)."""
    refused: Problem | None = None
    try:
        read()
    except Problem as problem:
        refused = problem
    except also:
        pass
    assert refused is None or (400 <= refused.status < 500 and refused.detail)


@fuzzed
@given(mutated(ARRAYS))
def test_array(data: bytes) -> None:
    takes(lambda: from_npy(data))
    takes(lambda: SearchRequest.read(Body(NPY, data), Settings(_env_file=None)))


@fuzzed
@given(mutated(PACKED))
def test_arrays(data: bytes) -> None:
    takes(lambda: from_npz(data, "ids", "vectors"))
    query = {"collection": "a", "encoder": "a@1:3"}
    takes(lambda: UpsertRequest.read(Body(NPZ, data, query), Settings(_env_file=None)))


@fuzzed
@given(mutated(SEARCH + UPSERT))
def test_json_of_numbers(data: bytes) -> None:
    for request in (SearchRequest, UpsertRequest, IdsRequest):
        takes(lambda request=request: request.read(Body("", data), Settings(_env_file=None)))  # type: ignore[misc]


@fuzzed
@given(mutated(TEXTS))
def test_json_with_long_strings(data: bytes) -> None:
    takes(lambda: long_strings.loads(data), ValueError, RecursionError)  # which FastAPI answers with 4xx


@fuzzed
@given(mutated(URIS))
def test_data_uri(data: bytes) -> None:
    takes(lambda: read_data_uri(data.decode("utf-8", "replace"), 1_000))


@fuzzed
@given(mutated(PICTURES))
def test_picture(data: bytes) -> None:
    limits = PictureLimits(1_000_000, 4_096)
    takes(lambda: read_header(io.BytesIO(data), limits))
    takes(lambda: read_picture(io.BytesIO(data), limits, 64))
    takes(lambda: data_uri(data, 64, limits))


@fuzzed
@given(mutated(ARRAYS + LISTS + PICTURES[:1]))
def test_vectors_and_their_list(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file: Path = tmp_path_factory.getbasetemp() / "fuzzed"
    file.write_bytes(data)
    takes(lambda: VectorFile(file, "a.npy").unit(0), IndexError)
    for name in ("a.txt", "a.csv", "a.json"):
        takes(lambda name=name: list(read_places(file, name)))  # type: ignore[misc]


@fuzzed
@given(mutated(LINKS))
def test_link(data: bytes) -> None:
    takes(lambda: normal_link(data.decode("utf-8", "replace")))


@fuzzed
@given(mutated(HEADERS))
def test_headers(data: bytes) -> None:
    value = data.decode("latin-1")
    takes(lambda: prefers_html(value))
    takes(lambda: ClosingBoundary(value).feed(data))
    takes(lambda: HostRules(frozenset({"a.example"})).answers_to(value))
    takes(lambda: HostRules(public_url="https://a.example").is_own(value, value))


@fuzzed
@given(mutated(FORMS), mutated(HEADERS[1:2]))
def test_form(tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: bytes) -> None:
    contents = ContentStore(tmp_path_factory.getbasetemp() / "uploads")
    for content_type in (b"multipart/form-data; boundary=b", kind):
        takes(lambda content_type=content_type: asyncio.run(_read(data, content_type, contents)))  # type: ignore[misc]


async def _read(data: bytes, content_type: bytes, contents: ContentStore) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    request = Request(
        {"type": "http", "method": "POST", "headers": [(b"content-type", content_type)]}, receive
    )
    with StreamedForm() as read:
        await read_form(request, read, contents.aside, FormLimits(10, 1_000))
        json.dumps(read.fields).encode()  # what becomes of it: labels in the database
