"""Every bad search is the right 4xx problem, and the next good one works."""

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPY, NPZ, to_npy, to_npz
from tests.search_service.samples import COLLECTION, ENCODER, is_problem, vectors

ROW = "[1,2,3,4,5,6,7,8]"
HUGE = "9" * 400


def search_with(embeddings: str, rest: str = "") -> str:
    return f'{{"embeddings":{embeddings}{rest}}}'


def row_with(value: str) -> str:
    return search_with(f"[{ROW},[1,2,3,4,5,6,7,{value}]]")


BAD_SEARCH: dict[str, tuple[str, int, str]] = {
    "NaN": (row_with("NaN"), 422, "embeddings[1]"),
    "Infinity": (row_with("Infinity"), 422, "embeddings[1]"),
    "-Infinity": (row_with("-Infinity"), 422, "embeddings[1]"),
    "1e999": (row_with("1e999"), 422, "embeddings[1]"),
    "1e300 (beyond float32)": (row_with("1e300"), 422, "embeddings[1]"),
    "whole number of 400 digits": (row_with(HUGE), 422, "embeddings[1]"),
    "NaN as a string": (row_with('"NaN"'), 422, "a string"),
    "number as a string": (row_with('"1"'), 422, "a string"),
    "true": (row_with("true"), 422, "true or false"),
    "null": (row_with("null"), 422, "null"),
    "too short": (search_with("[[1,2,3]]"), 422, "3 dimensions; the collection has 8"),
    "too long": (search_with("[[1,2,3,4,5,6,7,8,9]]"), 422, "9 dimensions; the collection has 8"),
    "zero vector": (search_with(f"[{ROW},[0,0,0,0,0,0,0,-0.0]]"), 422, "embeddings[1] is all zeros"),
    "ragged": (search_with(f"[{ROW},[1,2]]"), 422, "embeddings[1] has 2 numbers"),
    "flat": (search_with(ROW), 422, "embeddings[0] must be a list"),
    "three deep": (search_with(f"[[{ROW}]]"), 400, "JSON"),
    "no embeddings": ('{"k":5}', 422, "embeddings is missing"),
    "null embeddings": (search_with("null"), 422, "embeddings must be"),
    "none": (search_with("[]"), 422, "embeddings is empty"),
    "an empty one": (search_with("[[]]"), 422, "embeddings[0] is empty"),
    "n too large": (search_with(f"[{','.join([ROW] * 1025)}]"), 422, "more than 1024"),
    "k=0": (search_with(f"[{ROW}]", ',"k":0'), 422, "k must be a whole number from 1 to 1000"),
    "k=-1": (search_with(f"[{ROW}]", ',"k":-1'), 422, "k must be"),
    "k=5000": (search_with(f"[{ROW}]", ',"k":5000'), 422, "k must be"),
    "k=abc": (search_with(f"[{ROW}]", ',"k":"abc"'), 422, "k must be"),
    "k=true": (search_with(f"[{ROW}]", ',"k":true'), 422, "k must be"),
    "k=5.0": (search_with(f"[{ROW}]", ',"k":5.0'), 422, "k must be"),
    "k=NaN": (search_with(f"[{ROW}]", ',"k":NaN'), 422, "k must be"),
    "k=[5]": (search_with(f"[{ROW}]", ',"k":[5]'), 422, "k must be"),
    "k of 400 digits": (search_with(f"[{ROW}]", f',"k":{HUGE}'), 422, "k must be"),
    "unknown collection": (search_with(f"[{ROW}]", ',"collection":"x"'), 404, COLLECTION),
    "collection as a path": (search_with(f"[{ROW}]", ',"collection":"../x"'), 422, "collection must be"),
    "collection as a number": (search_with(f"[{ROW}]", ',"collection":5'), 422, "must be a string"),
    "another encoder": (search_with(f"[{ROW}]", ',"encoder":"other@1:8"'), 409, ENCODER),
    "allow not a list": (search_with(f"[{ROW}]", ',"allow":3'), 422, "allow must be a list of whole numbers"),
    "deny of fractions": (search_with(f"[{ROW}]", ',"deny":[1.5]'), 422, "deny must hold only whole numbers"),
    "deny below zero": (search_with(f"[{ROW}]", ',"deny":[-1]'), 422, "deny must be from 0"),
    "lone surrogate": (search_with(f"[{ROW}]", ',"encoder":"\\ud800"'), 409, ENCODER),
    "misspelt field": (search_with(f"[{ROW}]", ',"K":3'), 422, "no field 'K'"),
    "not JSON": ("embeddings=1", 400, "JSON"),
    "empty": ("", 400, "JSON"),
    "cut short": (search_with(f"[{ROW}]")[:-5], 400, "JSON"),
    "a list": ("[]", 400, "JSON"),
    "deep": ("[" * 200_000, 400, "JSON"),
    "deep embeddings": ('{"embeddings":' + "[" * 200_000, 400, "JSON"),
}


@pytest.fixture(scope="module")
def client(lasting_client: TestClient) -> TestClient:
    return lasting_client


def test_good_search(client: TestClient) -> None:
    assert client.post("/search", json={"embeddings": [[1] * 8]}).status_code == 200


@pytest.mark.parametrize(("body", "status", "says"), BAD_SEARCH.values(), ids=BAD_SEARCH.keys())
def test_bad_search(client: TestClient, body: str, status: int, says: str) -> None:
    answer = client.post("/search", content=body, headers={"content-type": "application/json"})
    is_problem(answer, status, says)
    test_good_search(client)


ROWS = vectors(2)
WITH_NAN = np.where(np.eye(2, 8, dtype=bool), np.float32(np.nan), ROWS)
BAD_NPY: dict[str, tuple[bytes, str, int, str]] = {
    "empty": (b"", "", 400, ".npy"),
    "text": (b"hello", "", 400, ".npy"),
    "cut short": (to_npy(ROWS)[:-3], "", 400, ".npy"),
    "an npz": (to_npz(a=ROWS), "", 400, ".npy"),
    "NaN": (to_npy(WITH_NAN), "", 422, "embeddings[0]"),
    "no rows": (to_npy(ROWS[:0]), "", 422, "1 to 1024"),
    "no columns": (to_npy(ROWS[:, :0]), "", 422, "dimensions"),
    "one dimension": (to_npy(ROWS[0]), "", 422, "shape (8,)"),
    "integers": (to_npy(ROWS.astype(np.int32)), "", 422, "int32"),
    "wrong dimension": (to_npy(ROWS[:, :5]), "", 422, "5 dimensions"),
    "n too large": (to_npy(vectors(1025)), "", 422, "1 to 1024"),
    "k=0": (to_npy(ROWS), "k=0", 422, "k must be"),
    "k=-1": (to_npy(ROWS), "k=-1", 422, "k must be"),
    "k=5000": (to_npy(ROWS), "k=5000", 422, "k must be"),
    "k=abc": (to_npy(ROWS), "k=abc", 422, "query.k"),
    "k of 5000 digits": (to_npy(ROWS), "k=" + "9" * 5000, 422, "k"),
    "unknown collection": (to_npy(ROWS), "collection=x", 404, "'x'"),
    "another encoder": (to_npy(ROWS), "encoder=other", 409, "other"),
}


@pytest.mark.parametrize(("body", "query", "status", "says"), BAD_NPY.values(), ids=BAD_NPY.keys())
def test_bad_npy_search(client: TestClient, body: bytes, query: str, status: int, says: str) -> None:
    is_problem(client.post(f"/search?{query}", content=body, headers={"content-type": NPY}), status, says)
    test_good_search(client)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/collections/x", 404),
        ("DELETE", "/collections/x", 404),
        ("GET", "/collections/x/ids", 404),
        ("POST", "/collections/x/export", 404),
        ("GET", "/collections/%2e%2e%2fx", 404),
        ("GET", f"/collections/{COLLECTION}/ids?after=-2", 422),
        ("GET", f"/collections/{COLLECTION}/ids?after={2**63}", 422),
        ("GET", f"/collections/{COLLECTION}/ids?limit=0", 422),
        ("GET", f"/collections/{COLLECTION}/ids?limit=abc", 422),
        ("GET", "/search", 405),
        ("GET", "/nowhere", 404),
    ],
)
def test_bad_paths(client: TestClient, method: str, path: str, status: int) -> None:
    is_problem(client.request(method, path), status, "")


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data", NPZ, "application/x-www-form-urlencoded"]
)
def test_other_content_types(client: TestClient, kind: str) -> None:
    is_problem(client.post("/search", content=b"x", headers={"content-type": kind}), 415, "application/json")


def test_nothing_indexed_says_what_to_do(empty: TestClient) -> None:
    for named in ({}, {"collection": "x"}):
        answer = empty.post("/search", json={"embeddings": [[1, 2]]} | named)
        is_problem(answer, 503, "add vectors with PUT /vectors")
    is_problem(empty.get("/collections/x"), 404, "none yet")


def test_json_too_large_is_refused_unread(client: TestClient) -> None:
    """Whoever read it would find that it isn't JSON."""
    answer = client.post("/search", content=b"[" * 32_000_001, headers={"content-type": "application/json"})
    is_problem(answer, 413, "32 MB")


def test_largest_search(client: TestClient) -> None:
    answer = client.post("/search", json={"embeddings": vectors(1024).tolist(), "k": 1000})
    assert answer.status_code == 200
    assert [len(row) for row in answer.json()["indexes"]] == [20] * 1024
