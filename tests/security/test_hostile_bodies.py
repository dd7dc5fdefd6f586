"""Bodies made to break a parser: a 4xx problem on each service, and the service goes on."""

import io
import zipfile

import numpy as np
import pytest

from service_kit.arrays import to_npy, to_npz
from tests.aggregate_service.drawn import jpeg
from tests.security.multipart import TYPE, file_form, form, part
from tests.security.services import Answer, Site

FORM_ROUTES = {
    "aggregate": ("/", "/images", "/similarity-search", "/images/1/why"),
    "embedding": ("/embed-image",),
}
JSON_ROUTES = {
    "aggregate": [("PATCH", "/images/1")],
    "search": [("POST", "/search"), ("PUT", "/vectors"), ("DELETE", "/vectors"), ("POST", "/vectors/get")],
    "embedding": [("POST", "/embed-text"), ("POST", "/v1/embeddings")],
}
DEEP = b"[" * 200_000


def npy(shape: str, descr: str = "<f4", data: bytes = b"") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", to_npy(np.zeros((1, 3), np.float32)))
    return buffer.getvalue()


ARRAYS = {
    "no rows, 10**23 columns": npy("(0, 100000000000000000000000)"),
    "more than memory": npy("(1000000000, 1000000000)"),
    "a hundred axes": npy("(" + "1, " * 100 + ")", data=bytes(4)),
    "a negative side": npy("(-1, 3)"),
    "no shape": npy("'x'"),
    "objects": npy("(1,)", "|O"),
    "a huge item": npy("(1,)", "|V99999999999999"),
    "python 2's long": npy("(1L, 3L)", data=bytes(12)),
    "an open bracket": npy("(" * 100),
    "no header": b"\x93NUMPY\x01\x00\xff\xff",
    "another version": b"\x93NUMPY\x03\x00\x00\x00",
    "a zip": zipped(),
    "an empty zip": b"PK\x05\x06" + bytes(18),
    "nothing": b"",
    "bad indentation": npy("(1,\n  3\n 4)"),
}


def refused(answer: Answer) -> bool:
    return 400 <= answer.status < 500 and bool(answer.problem["detail"])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_are_none(search: Site, name: str) -> None:
    kinds = {"Content-Type": "application/x-npy"}
    assert refused(search.ask("POST", "/search", kinds, ARRAYS[name] or b" "))
    packed = to_npz(ids=np.arange(1), vectors=np.zeros((1, 3), np.float32))
    whole = packed.replace(to_npy(np.zeros((1, 3), np.float32)), ARRAYS[name])
    query = "?collection=demo&encoder=demo@1:3"
    kind = {"Content-Type": "application/x-npz"}
    assert refused(search.ask("PUT", f"/vectors{query}", kind, whole))


@pytest.mark.parametrize("name", ARRAYS)
def test_vectors_made_elsewhere_that_are_none(aggregate: Site, name: str) -> None:
    files = [part("files", ARRAYS[name], "v.npy"), part("files", b"a.jpg\n", "list.txt")]
    assert refused(aggregate.ask("POST", "/images", TYPE, form(files)))


LISTS = {
    "deep.json": DEEP,
    "long.json": b'["' + b"x" * 33_000_000 + b'"]',
    "number.json": b"[1]",
    "half.json": b'["a',
    "bytes.json": bytes(range(256)),
    "digits.json": b"9" * 5_000,
    "line.txt": b"x" * 1_000_000,
    "bytes.txt": b"\xff\xfe\x00",
    "quote.csv": b'path\n"' + b"x" * 1_000_000,
    "nul.csv": b"path\na\0b\n",
    "columns.csv": b"a,b\n",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_vectors_that_are_none(aggregate: Site, name: str) -> None:
    vectors = to_npy(np.ones((2, 4), np.float32))
    files = [part("files", vectors, "v.npy"), part("files", LISTS[name], name)]
    assert refused(aggregate.ask("POST", "/images", TYPE, form(files)))


@pytest.mark.parametrize(
    "body",
    [
        DEEP,
        *(b'{"' + name + b'": ' + DEEP for name in (b"texts", b"input", b"embeddings", b"ids", b"labels")),
        b'{"a": ' * 100_000,
        b"\xff\xfe",
        b'{"\\ud800": 1}',
        b"9" * 5_000,
        b'{"k": 1e999}',
        *(b'{"' + name + b'": "\\ud800"}' for name in (b"title", b"input", b"collection", b"model")),
        b'{"texts": ["\\ud800"]}',
    ],
    ids=lambda body: f"{body[:14]!r}x{len(body)}",
)
def test_json_that_is_none(each: Site, body: bytes) -> None:
    for method, path in JSON_ROUTES[each.name]:
        answer = each.ask(method, path, {"Content-Type": "application/json"}, body)
        assert answer.status < 500, answer
        assert each.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize("service", FORM_ROUTES)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("boundary=" + "b" * 300, file_form(b"x").replace(b"--b", b"--" + b"b" * 300)),
        ('boundary=""', file_form(b"x")),
        ("boundary=\x01", file_form(b"x")),
        ("charset=utf-8", file_form(b"x")),
        ("boundary=b; charset=nonsense", b"--b\r\nno colon\r\n\r\nx\r\n--b--"),
        ("boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        ("boundary=b", b"--b\r\n" + b"X: y\r\n" * 10_000 + b"\r\nx\r\n--b--"),
        ("boundary=b", b"--b\r\n" + b"X" * 100_000 + b": y\r\n\r\nx\r\n--b--"),
        ("boundary=b", b"--b--"),
        ("boundary=b", form(part("k", b"1") for _ in range(2_000))),
        ("boundary=b", form([part("text", b"x" * 200_000)])),
        ("boundary=b", form(part("files", b"x", "a.png") for _ in range(1_001))),
    ],
    ids=[
        "long",
        "empty",
        "control",
        "none",
        "no colon",
        "no name",
        "headers",
        "a header",
        "end",
        "fields",
        "field",
        "files",
    ],
)
def test_forms_that_are_none(request: pytest.FixtureRequest, service: str, kind: str, body: bytes) -> None:
    site: Site = request.getfixturevalue(service)
    for path in FORM_ROUTES[service]:
        assert refused(site.ask("POST", path, {"Content-Type": f"multipart/form-data; {kind}"}, body)), path


@pytest.mark.parametrize("boundary", ["a,b", "a b", "'()+_,-./:=?", "b" * 70])
def test_any_legal_boundary_and_what_follows_the_last_are_taken(
    aggregate: Site, embedding: Site, boundary: str
) -> None:
    kind = {"Content-Type": f'multipart/form-data; boundary="{boundary}"'}
    body = form([part("files", jpeg(1), "a.jpg")], boundary) + b"an epilogue " * 1_000
    assert aggregate.ask("POST", "/", kind, body).status == 200
    assert aggregate.ask("POST", "/images", kind, body).status == 202
    assert embedding.ask("POST", "/embed-image", kind, body).status == 200


def test_a_form_that_is_cut_short_is_said_to_be(aggregate: Site, embedding: Site) -> None:
    body = file_form(jpeg(1), "a.jpg")
    for cut in (1, 4, 6, 8, 20):
        for site, path in ((aggregate, "/"), (aggregate, "/images"), (embedding, "/embed-image")):
            if cut > 2:
                assert "cut short" in site.ask("POST", path, TYPE, body[:-cut]).problem["detail"]
            else:
                assert site.ask("POST", path, TYPE, body[:-cut]).status < 300
