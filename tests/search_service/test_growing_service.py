"""A running service whose collections grow: approximate above a size, and a second model beside the first."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from tests.search_service.samples import COLLECTION, ENCODER, put, running, vectors
from tests.waiting import wait_until

SMALL = {"exact_up_to": 100, "snapshot_seconds": 0.05}


def described(client: TestClient) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/collections/{COLLECTION}").json()
    return answer


def test_large_collection_becomes_approximate_and_tells_its_recall(tmp_path: Path) -> None:
    rows = vectors(200)
    with running(tmp_path, **SMALL) as client:
        put(client, count=200)
        wait_until(lambda: described(client)["kind"] == "ivf", "an approximate index")
        wait_until(lambda: list((tmp_path / "search").glob("*.faiss.json")), "its snapshot")
        told = described(client)
        assert told["recall_at_10"] == min(told["recall"].values()) >= 0.98
        assert set(told["recall"]) == {"stored", "held_out", "perturbed", "words"}
        assert set(told["effort"]) == {"lists", "probed", "candidates"}
        assert (
            f'collection_recall_at_10{{collection="{COLLECTION}",kind="ivf"}}' in client.get("/metrics").text
        )
        found = client.post("/search", json={"embeddings": rows.tolist(), "k": 1}).json()
        assert found["indexes"] == [[i] for i in range(200)]
    with running(tmp_path, **SMALL) as client:
        assert described(client) == told


def test_service_that_stops_while_it_builds_does_not_wait_for_it(tmp_path: Path) -> None:
    with running(tmp_path, exact_up_to=100, snapshot_seconds=0.01) as client:
        put(client, count=200)
    assert len(list((tmp_path / "search").glob("*.rows"))) <= 1
    with running(tmp_path) as client:
        assert described(client)["count"] == 200


def test_second_collection_fills_while_the_first_answers(client: TestClient) -> None:
    """A new model without downtime: no vector of one is ever found in the other; switching is one call."""
    filling = threading.Thread(
        target=lambda: [put(client, 1000 + 20 * n, collection="new", encoder="new@2:8") for n in range(20)]
    )
    filling.start()
    search = {"embeddings": vectors(3).tolist(), "k": 1000}
    while filling.is_alive():
        answer = client.post("/search", json=search).json()
        assert answer["collection"] == COLLECTION
        assert [sorted(ids) for ids in answer["indexes"]] == [list(range(20))] * 3
    assert client.post("/search", json=search | {"encoder": "new@2:8"}).status_code == 409
    client.put("/default-collection", json={"collection": "new"})
    after = client.post("/search", json=search | {"encoder": "new@2:8"}).json()
    assert sorted(after["indexes"][0]) == list(range(1000, 1400))
    assert client.post("/search", json=search | {"encoder": ENCODER}).status_code == 409
    assert np.isin(after["indexes"][1], np.arange(20)).sum() == 0
