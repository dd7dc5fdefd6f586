"""A process that owns one collection and does what it's told, until somebody kills it."""

import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from search_service.engines.arrays import Vectors
from search_service.engines.faiss.backend import EmbeddedBackend
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.sizing import Sizing

DIMENSION, SIZING = 32, Sizing(exact_up_to=150, recall_target=0.9)
NAME, ENCODER = "c", "fake@1:32"


@dataclass(frozen=True)
class Whole:
    """All that a collection holds, seen from the store, from the index, and by searching."""

    ids: list[int]
    vectors: Vectors
    in_index: list[int]
    count: int
    unfound: list[int]
    kind: str


def vector_of(number: int, version: int) -> Vectors:
    """The vector that was written to this id the `version`-th time."""
    row = np.random.default_rng([number, version]).normal(size=DIMENSION)
    unit: Vectors = (row / np.linalg.norm(row)).astype(np.float32)
    return unit


def work(folder: Path, orders: Connection) -> None:
    """Answers with the whole, then each order with its result; maintains and saves all the while."""
    backend = EmbeddedBackend(folder, SIZING)
    if not backend.collections():
        backend.upsert(NAME, ENCODER, np.array([0]), vector_of(0, 0)[np.newaxis])
    index = backend.collection(NAME).index
    assert isinstance(index, DurableIndex)
    orders.send(whole(index))
    threading.Thread(target=_keep, args=[index], daemon=True).start()
    while True:
        order, ids, vectors = orders.recv()
        if order == "upsert":
            index.upsert(ids, vectors)
        else:
            index.remove(ids)
        orders.send("done")


def whole(index: DurableIndex) -> Whole:
    ids, vectors = index.get(index.ids())
    found = index.search(vectors, 1)
    unfound = [int(i) for i, hits in zip(ids, found, strict=True) if hits.scores[0] < 1 - 1e-5]
    inner: Any = index._index
    stats = index.stats()
    return Whole(ids.tolist(), vectors, inner.ids().tolist(), stats.count, unfound, stats.kind)


def _keep(index: DurableIndex) -> None:
    while True:
        index.maintain(threading.Event())
        index.save()
        time.sleep(0.01)
