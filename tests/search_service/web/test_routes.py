"""The search API as its clients use it: JSON and binary, through the real app."""

import json
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from service_kit.arrays import NPY, NPZ, from_npz, to_npy, to_npz
from tests.search_service.samples import COLLECTION, DIMENSION, ENCODER, put, running, vectors
from tests.waiting import wait_until


def test_search_json(client: TestClient) -> None:
    rows = vectors(20)
    answer = client.post("/search", json={"embeddings": rows[[3, 7]].tolist(), "k": 2}).json()
    assert answer["collection"] == COLLECTION
    assert [best[0] for best in answer["indexes"]] == [3, 7]
    assert [len(scores) for scores in answer["scores"]] == [2, 2]
    assert answer["scores"][0][0] == pytest.approx(1, abs=1e-6)
    assert answer["scores"][0][0] >= answer["scores"][0][1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_search_npy_answers_the_same_as_json(client: TestClient, dtype: type) -> None:
    rows: np.ndarray = vectors(20).astype(dtype)
    query = {"k": "3", "collection": COLLECTION, "encoder": ENCODER}
    binary = client.post("/search", content=to_npy(rows), params=query, headers={"content-type": NPY}).json()
    spoken = client.post("/search", json={"embeddings": rows.tolist(), **query, "k": 3}).json()
    assert binary["indexes"] == spoken["indexes"]
    assert np.allclose(binary["scores"], spoken["scores"])


def test_five_by_default_and_fewer_where_there_are_fewer(client: TestClient) -> None:
    body = {"embeddings": vectors(1).tolist()}
    assert len(client.post("/search", json=body).json()["indexes"][0]) == 5
    everything = client.post("/search", json=body | {"k": 1000}).json()["indexes"][0]
    assert sorted(everything) == list(range(20))


def test_length_of_a_query_does_not_matter(client: TestClient) -> None:
    scaled = (vectors(1).astype(np.float64) * 1e30).tolist()
    assert client.post("/search", json={"embeddings": scaled}).json()["scores"][0][0] == pytest.approx(1)


def test_trailing_slash_and_nulls_are_the_same_request(client: TestClient) -> None:
    body = {"embeddings": vectors(1).tolist(), "collection": None, "encoder": None, "k": None}
    assert client.post("/search/", json=body).json()["indexes"][0][0] == 0


def test_upsert_json_creates_then_replaces(empty: TestClient) -> None:
    assert put(empty) == {"collection": COLLECTION, "upserted": 20, "count": 20}
    assert put(empty, first=10) == {"collection": COLLECTION, "upserted": 20, "count": 30}
    found = empty.post("/search", json={"embeddings": vectors(1).tolist(), "k": 2}).json()
    assert sorted(found["indexes"][0]) == [0, 10]


def test_upsert_npz(empty: TestClient) -> None:
    body = to_npz(ids=np.arange(5), vectors=vectors(5))
    query = {"collection": "c", "encoder": ENCODER}
    answer = empty.put("/vectors", content=body, params=query, headers={"content-type": NPZ})
    assert answer.json() == {"collection": "c", "upserted": 5, "count": 5}


def test_catalogue_in_the_query(empty: TestClient) -> None:
    body = to_npz(ids=np.arange(5), vectors=vectors(5))
    query = {"collection": "c", "encoder": ENCODER, "catalogue": "mine"}
    assert empty.put("/vectors", content=body, params=query, headers={"content-type": NPZ}).is_success
    assert empty.get("/collections/c").json()["catalogue"] == "mine"
    ids = {"collection": "c", "ids": [0]}
    assert empty.request("DELETE", "/vectors", json=ids).status_code == 409
    deleted = empty.request("DELETE", "/vectors", json=ids, params={"catalogue": "mine"})
    assert deleted.json() == {"removed": 1, "count": 4}


def test_delete_takes_effect_at_once(client: TestClient) -> None:
    body = {"collection": COLLECTION, "ids": [0, 5, 500]}
    assert client.request("DELETE", "/vectors", json=body).json() == {"removed": 2, "count": 18}
    assert client.request("DELETE", "/vectors", json=body).json() == {"removed": 0, "count": 18}
    found = client.post("/search", json={"embeddings": vectors(1).tolist(), "k": 1000}).json()
    assert not {0, 5} & set(found["indexes"][0])


def test_emptied_collection_answers_with_empty_lists(client: TestClient) -> None:
    client.request("DELETE", "/vectors", json={"collection": COLLECTION, "ids": list(range(20))})
    answer = client.post("/search", json={"embeddings": vectors(2).tolist()}).json()
    assert answer == {"collection": COLLECTION, "indexes": [[], []], "scores": [[], []]}


def test_allowed_and_denied_ids(client: TestClient) -> None:
    body = {"embeddings": vectors(2).tolist(), "k": 20}

    def found(**filters: list[int] | None) -> list[list[int]]:
        answer = client.post("/search", json=body | filters)
        assert answer.status_code == 200, answer.text
        return [sorted(row) for row in answer.json()["indexes"]]

    assert found(allow=[7, 3, 3, 99]) == [[3, 7]] * 2
    assert found(deny=list(range(1, 20))) == [[0]] * 2
    assert found(allow=[1, 2, 3], deny=[2, 50]) == [[1, 3]] * 2
    assert found(allow=[]) == [[], []]
    assert found(allow=None, deny=[]) == [list(range(20))] * 2


def test_spread_of_each_query_where_it_is_asked_for(client: TestClient) -> None:
    rows, queries = vectors(20), vectors(2, seed=3)
    assert "spread" not in client.post("/search", json={"embeddings": queries.tolist()}).json()
    spoken = client.post("/search", json={"embeddings": queries.tolist(), "moments": True}).json()["spread"]
    binary = client.post(
        "/search", content=to_npy(queries), params={"moments": "true"}, headers={"content-type": NPY}
    ).json()["spread"]
    scores = queries @ rows.T
    for spread in (spoken, binary):
        assert [each["mean"] for each in spread] == pytest.approx(scores.mean(axis=1).tolist(), abs=1e-6)
        assert [each["deviation"] for each in spread] == pytest.approx(scores.std(axis=1).tolist(), abs=1e-6)
    assert client.post("/search", json={"embeddings": [[1.0] * 8], "moments": 1}).status_code == 422


def test_no_spread_of_seven_vectors(empty: TestClient) -> None:
    put(empty, count=7)
    answer = empty.post("/search", json={"embeddings": vectors(2).tolist(), "moments": True}).json()
    assert answer["spread"] == [None, None]


def test_vectors_by_their_ids(client: TestClient) -> None:
    body = {"collection": COLLECTION, "ids": [5, 2, 99]}
    spoken = client.post("/vectors/get", json=body).json()
    assert spoken["ids"] == [2, 5]
    assert np.allclose(spoken["vectors"], vectors(20)[[2, 5]])
    binary = client.post("/vectors/get", json=body, headers={"accept": NPZ})
    assert binary.headers["content-type"] == NPZ
    ids, rows = from_npz(binary.content, "ids", "vectors")
    assert ids.tolist() == [2, 5]
    assert np.array_equal(rows, vectors(20)[[2, 5]])


def test_collections_are_described(client: TestClient) -> None:
    described = {
        "name": COLLECTION,
        "encoder": ENCODER,
        "catalogue": None,
        "dimension": DIMENSION,
        "count": 20,
        "kind": "flat",
        "bytes": 20 * (4 * DIMENSION + 8),
        "generation": 1,
        "recall_at_10": 1.0,
        "recall": None,
        "effort": None,
    }
    assert client.get(f"/collections/{COLLECTION}").json() == described
    assert client.get("/collections").json() == {"default": COLLECTION, "collections": [described]}


def test_ids_come_in_pages(client: TestClient) -> None:
    assert client.get(f"/collections/{COLLECTION}/ids").json() == {"ids": list(range(20))}
    page = client.get(f"/collections/{COLLECTION}/ids", params={"after": 4, "limit": 3}).json()
    assert page == {"ids": [5, 6, 7]}


def test_default_collection_is_the_first_until_another_is_chosen(client: TestClient) -> None:
    put(client, collection="second", encoder="other@2:8")
    search = {"embeddings": vectors(1).tolist()}
    assert client.post("/search", json=search).json()["collection"] == COLLECTION
    chosen = client.put("/default-collection", json={"collection": "second"})
    assert chosen.json() == {"collection": "second"}
    assert client.post("/search", json=search).json()["collection"] == "second"
    assert client.delete("/collections/second").status_code == 204
    assert client.get("/collections").json()["default"] == COLLECTION


def test_dropped_collection_is_gone_and_its_name_free_for_another_encoder(client: TestClient) -> None:
    dropped = client.delete(f"/collections/{COLLECTION}")
    assert (dropped.status_code, dropped.content) == (204, b"")
    assert client.get(f"/collections/{COLLECTION}").status_code == 404
    assert put(client, count=3, encoder="another@1:8")["count"] == 3


def test_restart_keeps_everything(tmp_path: Path) -> None:
    with running(tmp_path) as client:
        put(client)
        put(client, collection="second")
        client.put("/default-collection", json={"collection": "second"})
        client.request("DELETE", "/vectors", json={"collection": COLLECTION, "ids": [1]})
        before = client.get("/collections").json()
    with running(tmp_path) as client:
        assert client.get("/collections").json() == before
        assert client.get("/readyz").json() == {
            "status": "ready",
            "collections": 2,
            "vectors": 39,
            "notice": None,
        }


def test_snapshots_are_written_while_it_runs(tmp_path: Path) -> None:
    with running(tmp_path, snapshot_seconds=0.05) as client:
        put(client)
        wait_until(lambda: list((tmp_path / "search").glob("*.faiss.json")), "a snapshot")
        assert list((tmp_path / "search").glob("*.faiss"))


def test_metrics_time_every_step(client: TestClient) -> None:
    client.post("/search", json={"embeddings": vectors(1).tolist()})
    shown = client.get("/metrics").text
    labels = f'{{collection="{COLLECTION}",kind="flat"}}'
    for line in (f"collection_vectors{labels} 20.0", f"collection_recall_at_10{labels} 1.0"):
        assert line in shown
    for step in ("parse", "search", "upsert"):
        assert f'step_seconds_count{{step="{step}"}}' in shown


def test_documented_examples_work(empty: TestClient) -> None:
    schema = empty.get("/openapi.json").json()
    paths = schema["paths"]

    def example(path: str, method: str) -> str:
        content = paths[path][method]["requestBody"]["content"]
        return json.dumps(content["application/json"]["example"])

    for path, method in (
        ("/vectors", "put"),
        ("/search", "post"),
        ("/default-collection", "put"),
        ("/vectors/get", "post"),
        ("/vectors", "delete"),
    ):
        answer = empty.request(
            method, path, content=example(path, method), headers={"content-type": "application/json"}
        )
        assert answer.status_code == 200, answer.text
    assert all(operation["summary"] for path in paths.values() for operation in path.values())
