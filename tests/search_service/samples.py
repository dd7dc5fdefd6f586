"""Vectors and apps to test with."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.testclient import TestClient

from search_service.config import Settings
from search_service.engines.arrays import Ids, Vectors
from search_service.main import create_app
from service_kit.problems import PROBLEM_JSON
from tests.waiting import wait_until

ENCODER = "fake/encoder@1:8"
COLLECTION = "fake-encoder-1-8"
DIMENSION = 8


def ids(*numbers: int) -> Ids:
    return np.array(numbers, np.int64)


def vectors(count: int, dimension: int = DIMENSION, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(count, dimension))
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def settings(folder: Path, **others: Any) -> Settings:
    return Settings(data_dir=folder / "search", index_save_path=folder / "index.faiss", **others)


@contextmanager
def running(folder: Path, **others: Any) -> Iterator[TestClient]:
    """The real app on a folder, ready."""
    with ready(create_app(settings(folder, **others))) as client:
        yield client


@contextmanager
def ready(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client


def wait_until_ready(client: TestClient) -> None:
    wait_until(lambda: client.get("/readyz").status_code == 200, "the search service to be ready")


def wait_until_loaded(client: TestClient) -> None:
    """Or until it is known that there is something that can't be loaded."""
    wait_until(lambda: "still loading" not in client.get("/readyz").text, "the indexes to be loaded")


def put(client: TestClient, first: int = 0, count: int = 20, **others: Any) -> dict[str, Any]:
    """Upsert `vectors(count)` under ids from `first` on."""
    body = {
        "collection": COLLECTION,
        "encoder": ENCODER,
        "ids": list(range(first, first + count)),
        "vectors": vectors(count).tolist(),
    }
    answer = client.put("/vectors", json=body | others)
    assert answer.status_code == 200, answer.text
    answered: dict[str, Any] = answer.json()
    return answered


def is_problem(answer: Any, status: int, says: str) -> None:
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert says in answer.json()["detail"]
    assert len(answer.content) < 2000
