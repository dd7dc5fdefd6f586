"""Vectors and apps to test with."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from search_service.config import Settings
from search_service.indexes.base import Ids, Vectors
from search_service.main import create_app
from service_kit.problems import PROBLEM_JSON

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
    with TestClient(create_app(settings(folder, **others)), raise_server_exceptions=False) as client:
        deadline = time.monotonic() + 10
        while client.get("/readyz").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.005)
        yield client


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
