"""What the whole service must do on every backend, through HTTP: collections, encoders, restarts."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service_kit.arrays import NPY, NPZ, to_npy, to_npz
from tests.search_service.samples import COLLECTION, DIMENSION, ENCODER, is_problem, put, running, vectors

OTHER = "other/encoder@2:8"


@pytest.fixture(params=["faiss", "postgres", "milvus"])
def backend(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Settings of a service with this backend, which holds nothing."""
    if request.param == "faiss":
        return {"backend": "faiss"}
    settings: dict[str, Any] = request.getfixturevalue(request.param).settings()
    return settings


def test_add_update_delete_and_restart(tmp_path: Path, backend: dict[str, Any]) -> None:
    rows = vectors(20)
    with running(tmp_path, **backend) as client:
        is_problem(client.post("/search", json={"embeddings": [[1.0]]}), 503, "Nothing is indexed yet")
        assert put(client) == {"collection": COLLECTION, "upserted": 20, "count": 20}
        put(client, ids=[3], vectors=vectors(1, seed=7).tolist())
        gone = client.request("DELETE", "/vectors", json={"collection": COLLECTION, "ids": [4, 5, 99]})
        assert gone.json() == {"removed": 2, "count": 18}
    with running(tmp_path, **backend) as client:
        described = client.get(f"/collections/{COLLECTION}").json()
        assert (described["encoder"], described["dimension"], described["count"]) == (ENCODER, DIMENSION, 18)
        everything = client.post("/search", json={"embeddings": rows[:6].tolist(), "k": 1000}).json()[
            "indexes"
        ]
        assert [len(row) for row in everything] == [18] * 6
        assert [row[0] for row in everything[:3]] == [0, 1, 2]
        replaced = client.post("/search", json={"embeddings": vectors(1, seed=7).tolist(), "k": 1}).json()
        assert replaced["indexes"] == [[3]]
        assert client.get("/readyz").json()["vectors"] == 18


def test_what_is_not_this_collections_is_refused_and_changes_nothing(
    tmp_path: Path, backend: dict[str, Any]
) -> None:
    row = vectors(1).tolist()
    with running(tmp_path, **backend) as client:
        put(client)
        body = {"collection": COLLECTION, "encoder": ENCODER, "ids": [50], "vectors": row}
        for change, status, says in (
            ({"encoder": OTHER}, 409, "can't be compared"),
            ({"vectors": [[1.0, 2.0]]}, 422, "the collection has 8"),
            ({"ids": [50, 50], "vectors": row * 2}, 422, "unique"),
            ({"vectors": [[0.0] * DIMENSION]}, 422, "all zeros"),
        ):
            is_problem(client.put("/vectors", json=body | change), status, says)
        is_problem(
            client.post("/search", json={"embeddings": row, "encoder": OTHER}), 409, "can't be compared"
        )
        is_problem(client.post("/search", json={"embeddings": [[1.0]]}), 422, "the collection has 8")
        is_problem(client.post("/search", json={"embeddings": row, "collection": "nope"}), 404, COLLECTION)
        assert client.get(f"/collections/{COLLECTION}").json()["count"] == 20


def test_collections_are_created_listed_chosen_and_dropped(tmp_path: Path, backend: dict[str, Any]) -> None:
    second = "Second.one-2_b"
    with running(tmp_path, **backend) as client:
        put(client)
        put(client, collection=second, encoder=OTHER)
        listed = client.get("/collections").json()
        assert listed["default"] == COLLECTION
        assert [c["name"] for c in listed["collections"]] == [COLLECTION, second]
        client.put("/default-collection", json={"collection": second})
        is_problem(client.put("/default-collection", json={"collection": "nope"}), 404, second)
    with running(tmp_path, **backend) as client:
        search = {"embeddings": vectors(1).tolist(), "k": 1}
        assert client.post("/search", json=search).json()["collection"] == second
        assert client.delete(f"/collections/{second}").status_code == 204
        is_problem(client.delete(f"/collections/{second}"), 404, COLLECTION)
        assert client.get("/collections").json()["default"] == COLLECTION
        assert put(client, collection=second, count=3)["count"] == 3


def put_for(client: TestClient, catalogue: str | None, **others: Any) -> Response:
    body = {"collection": COLLECTION, "encoder": ENCODER, "ids": [0], "vectors": vectors(1).tolist()}
    return client.put("/vectors", json=body | {"catalogue": catalogue} | others)


def delete_for(client: TestClient, catalogue: str | None, *ids: int) -> Response:
    body = {"collection": COLLECTION, "ids": ids, "catalogue": catalogue}
    return client.request("DELETE", "/vectors", json=body)


def adopt(client: TestClient, catalogue: str, expected: str | None) -> Response:
    body = {"catalogue": catalogue, "expected": expected}
    return client.put(f"/collections/{COLLECTION}/catalogue", json=body)


def described(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/collections/{COLLECTION}").json()
    assert [each for each in client.get("/collections").json()["collections"] if each == answer]
    return answer


def test_only_its_catalogue_changes_a_collection(tmp_path: Path, backend: dict[str, Any]) -> None:
    with running(tmp_path, **backend) as client:
        put(client, catalogue="mine")
    with running(tmp_path, **backend) as client:
        before = described(client)
        assert before["catalogue"] == "mine"
        theirs = "belongs to catalogue 'mine', and this request comes from 'theirs': nothing was changed"
        is_problem(put_for(client, "theirs"), 409, theirs)
        is_problem(delete_for(client, "theirs", 0), 409, theirs)
        is_problem(client.delete(f"/collections/{COLLECTION}?catalogue=theirs"), 409, theirs)
        is_problem(put_for(client, "theirs"), 409, '{"catalogue": "theirs", "expected": "mine"}')
        nobodys = "belongs to catalogue 'mine', and this request names none: nothing was changed"
        is_problem(put_for(client, None), 409, nobodys)
        is_problem(delete_for(client, None, 0), 409, nobodys)
        is_problem(client.delete(f"/collections/{COLLECTION}"), 409, nobodys)
        assert described(client) == before
        assert client.post("/search", json={"embeddings": vectors(1).tolist()}).status_code == 200
        assert put_for(client, "mine", ids=[20]).json()["count"] == 21
        assert delete_for(client, "mine", 20, 3).json() == {"removed": 2, "count": 19}
        assert client.delete(f"/collections/{COLLECTION}?catalogue=mine").status_code == 204
        put(client)
        assert described(client)["catalogue"] is None


def test_nobodys_collection_becomes_a_catalogues_while_empty_or_by_adoption(
    tmp_path: Path, backend: dict[str, Any]
) -> None:
    with running(tmp_path, **backend) as client:
        put(client)
        before = described(client)
        assert before["catalogue"] is None
        nobodys = "holds vectors that belong to no catalogue, and this request comes from 'mine'"
        is_problem(put_for(client, "mine"), 409, nobodys)
        is_problem(delete_for(client, "mine", 0), 409, nobodys)
        is_problem(client.delete(f"/collections/{COLLECTION}?catalogue=mine"), 409, nobodys)
        assert described(client) == before
        delete_for(client, None, *range(20))
        assert delete_for(client, "mine", 0).json() == {"removed": 0, "count": 0}
        is_problem(put_for(client, "mine", encoder=OTHER), 409, "can't be compared")
        is_problem(put_for(client, "mine", vectors=[[1.0]]), 422, "the collection has 8")
        assert described(client)["catalogue"] is None
        assert put_for(client, "mine").json()["count"] == 1
        assert described(client)["catalogue"] == "mine"


def test_adoption_needs_the_owner_that_is_there(tmp_path: Path, backend: dict[str, Any]) -> None:
    with running(tmp_path, **backend) as client:
        is_problem(adopt(client, "mine", None), 404, "no collection")
        put(client)
        is_problem(
            adopt(client, "mine", "theirs"), 409, "to no catalogue, and catalogue 'theirs' was expected"
        )
        for _again in range(2):
            adopted = adopt(client, "mine", None)
            assert adopted.json() == described(client)
            assert (adopted.json()["catalogue"], adopted.json()["count"]) == ("mine", 20)
        is_problem(adopt(client, "theirs", None), 409, "to catalogue 'mine', and no catalogue was expected")
        client.put("/default-collection", json={"collection": COLLECTION})
    with running(tmp_path, **backend) as client:
        assert described(client)["catalogue"] == "mine"
        assert adopt(client, "theirs", "mine").json()["catalogue"] == "theirs"
        is_problem(put_for(client, "mine"), 409, "belongs to catalogue 'theirs'")
        assert put_for(client, "theirs").json()["count"] == 20


def test_emptied_collection_stays_and_answers_with_empty_lists(
    tmp_path: Path, backend: dict[str, Any]
) -> None:
    with running(tmp_path, **backend) as client:
        put(client)
        client.request("DELETE", "/vectors", json={"collection": COLLECTION, "ids": list(range(20))})
        answer = client.post("/search", json={"embeddings": vectors(2).tolist()}).json()
        assert answer == {"collection": COLLECTION, "indexes": [[], []], "scores": [[], []]}


def test_a_thousand_queries_at_once_in_binary(tmp_path: Path, backend: dict[str, Any]) -> None:
    rows = vectors(1000, dimension=32)
    query = {"collection": COLLECTION, "encoder": "e@1:32"}
    with running(tmp_path, **backend) as client:
        body = to_npz(ids=rows[:, 0].argsort(), vectors=rows)
        added = client.put("/vectors", content=body, params=query, headers={"content-type": NPZ})
        assert added.json()["count"] == 1000
        found = client.post(
            "/search", content=to_npy(rows), params=query | {"k": "3"}, headers={"content-type": NPY}
        ).json()
        assert [row[0] for row in found["indexes"]] == rows[:, 0].argsort().tolist()


def test_portable_index_goes_out_and_in(tmp_path: Path, backend: dict[str, Any]) -> None:
    with running(tmp_path, **backend) as client:
        put(client)
        assert client.post(f"/collections/{COLLECTION}/export").json()["count"] == 20
        client.delete(f"/collections/{COLLECTION}")
    with running(tmp_path, **backend) as client:
        assert client.get(f"/collections/{COLLECTION}").json()["count"] == 20
