"""Every bad write is the right 4xx problem, and changes nothing."""

import json
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPZ, to_npy, to_npz
from tests.search_service.samples import COLLECTION, ENCODER, is_problem, put, vectors

HUGE = "9" * 400
ROWS = vectors(2)
WITH_NAN = np.where(np.eye(2, 8, dtype=bool), np.float32(np.nan), ROWS)
BAD_UPSERT: dict[str, tuple[dict[str, Any], int, str]] = {
    "another encoder": ({"encoder": "other@1:8"}, 409, ENCODER),
    "no encoder": ({"encoder": None}, 422, "encoder is missing"),
    "no collection": ({"collection": None}, 422, "collection is missing"),
    "empty encoder": ({"encoder": "", "collection": "new"}, 422, "encoder must be"),
    "long encoder": ({"encoder": "x" * 301, "collection": "new"}, 422, "encoder must be"),
    "line break in encoder": ({"encoder": "a\nb", "collection": "new"}, 422, "encoder must be"),
    "empty catalogue": ({"catalogue": ""}, 422, "catalogue must be"),
    "long catalogue": ({"catalogue": "x" * 101}, 422, "catalogue must be"),
    "line break in catalogue": ({"catalogue": "a\nb"}, 422, "catalogue must be"),
    "number as catalogue": ({"catalogue": 5}, 422, "catalogue must be a string"),
    "hidden name": ({"collection": ".."}, 422, "collection must be"),
    "name with a slash": ({"collection": "a/b"}, 422, "collection must be"),
    "number as collection": ({"collection": 5}, 422, "must be a string"),
    "duplicate ids": ({"ids": [3, 3]}, 422, "unique"),
    "negative id": ({"ids": [-1, 3]}, 422, "from 0 to"),
    "id of 2^63": ({"ids": [2**63, 3]}, 422, "from 0 to"),
    "id of 400 digits": ({"ids": [int(HUGE), 3]}, 422, "from 0 to"),
    "fraction as id": ({"ids": [0.5, 3]}, 422, "whole numbers"),
    "boolean as id": ({"ids": [True, 3]}, 422, "whole numbers"),
    "string as id": ({"ids": ["0", 3]}, 422, "whole numbers"),
    "null as ids": ({"ids": None}, 422, "ids must be"),
    "more ids than vectors": ({"ids": [1, 2, 3]}, 422, "one id for each vector"),
    "fewer ids than vectors": ({"ids": []}, 422, "one id for each vector"),
    "no vectors": ({"ids": [], "vectors": []}, 422, "vectors is empty"),
    "wrong dimension": ({"vectors": [[1], [2]]}, 422, "1 dimensions"),
    "zero vector": ({"vectors": [[1] * 8, [0] * 8]}, 422, "vectors[1] is all zeros"),
    "NaN": ({"vectors": [[1] * 8, [float("nan")] * 8]}, 422, "vectors[1]"),
    "too many ids": ({"ids": list(range(10_001))}, 422, "more than 10000"),
    "too many vectors": ({"vectors": [[1]] * 10_001}, 422, "more than 10000"),
    "unknown field": ({"vector": 1}, 422, "no field"),
}


@pytest.fixture(scope="module")
def client(lasting_client: TestClient) -> TestClient:
    return lasting_client


@pytest.mark.parametrize(("change", "status", "says"), BAD_UPSERT.values(), ids=BAD_UPSERT.keys())
def test_bad_upsert_changes_nothing(
    client: TestClient, change: dict[str, Any], status: int, says: str
) -> None:
    body = {"collection": COLLECTION, "encoder": ENCODER, "ids": [1, 2], "vectors": ROWS.tolist()} | change
    before = client.get("/collections").json()
    headers = {"content-type": "application/json"}
    is_problem(client.put("/vectors", content=json.dumps(body), headers=headers), status, says)
    assert client.get("/collections").json() == before
    assert put(client)["upserted"] == 20


BAD_NPZ: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, ".npz"),
    "an npy": (to_npy(ROWS), 400, ".npz"),
    "no ids": (to_npz(vectors=ROWS), 400, ".npz"),
    "zip magic only": (b"PK\x03\x04" + b"\0" * 30, 400, ".npz"),
    "float ids": (to_npz(ids=np.array([0.0, 1.0]), vectors=ROWS), 422, "whole numbers"),
    "unsigned id of 2^63": (to_npz(ids=np.array([2**63, 1], np.uint64), vectors=ROWS), 422, "from 0 to"),
    "scalar ids": (to_npz(ids=np.array(1), vectors=ROWS), 422, "whole numbers"),
    "scalar vectors": (to_npz(ids=np.arange(2), vectors=np.array(1.0)), 422, "shape ()"),
    "duplicate ids": (to_npz(ids=np.array([1, 1]), vectors=ROWS), 422, "unique"),
    "none": (to_npz(ids=np.arange(0), vectors=ROWS[:0]), 422, "one id for each"),
    "NaN": (to_npz(ids=np.arange(2), vectors=WITH_NAN), 422, "vectors[0]"),
    "too many": (to_npz(ids=np.arange(10_001), vectors=vectors(10_001)), 422, "1 to 10000"),
}


@pytest.mark.parametrize(("body", "status", "says"), BAD_NPZ.values(), ids=BAD_NPZ.keys())
def test_bad_npz(client: TestClient, body: bytes, status: int, says: str) -> None:
    query = {"collection": COLLECTION, "encoder": ENCODER}
    is_problem(
        client.put("/vectors", content=body, params=query, headers={"content-type": NPZ}), status, says
    )


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"collection": COLLECTION}, 422, "ids is missing"),
        ({"ids": [1]}, 422, "collection is missing"),
        ({"collection": COLLECTION, "ids": [-1]}, 422, "from 0 to"),
        ({"collection": COLLECTION, "ids": [1, 1]}, 422, "unique"),
        ({"collection": COLLECTION, "ids": "1"}, 422, "ids must be"),
        ({"collection": COLLECTION, "ids": [1], "catalogue": ""}, 422, "catalogue must be"),
        ({"collection": "x", "ids": [1]}, 404, "'x'"),
    ],
)
def test_bad_delete(client: TestClient, body: dict[str, Any], status: int, says: str) -> None:
    is_problem(client.request("DELETE", "/vectors", json=body), status, says)


def test_unknown_default_collection(client: TestClient) -> None:
    is_problem(client.put("/default-collection", json={"collection": "x"}), 404, "'x'")
    is_problem(client.put("/default-collection", json={}), 422, "collection is missing")


@pytest.mark.parametrize(
    ("name", "body", "status", "says"),
    [
        (COLLECTION, {}, 422, "catalogue is missing"),
        (COLLECTION, {"catalogue": None}, 422, "catalogue is missing"),
        (COLLECTION, {"catalogue": "x" * 101}, 422, "catalogue must be"),
        (COLLECTION, {"catalogue": "mine", "expected": 5}, 422, "expected must be a string"),
        (COLLECTION, {"catalogue": "mine", "force": True}, 422, "no field"),
        ("x", {"catalogue": "mine"}, 404, "'x'"),
    ],
)
def test_bad_adoption(client: TestClient, name: str, body: dict[str, Any], status: int, says: str) -> None:
    is_problem(client.put(f"/collections/{name}/catalogue", json=body), status, says)
    assert client.get(f"/collections/{COLLECTION}").json()["catalogue"] is None
