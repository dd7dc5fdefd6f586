"""What is Milvus's own: Lite's indexing, filters that its graph would lose, services that share a server."""

from threading import Event

import numpy as np
import pytest

from search_service.engines.backend import Backend
from search_service.engines.base import IdFilter, VectorIndex
from search_service.errors import EncoderMismatch, UnknownCollection
from tests.search_service.real_engines import MilvusServer
from tests.search_service.samples import ENCODER, ids, vectors


def test_indexed_after_a_save_and_whole_while_it_is_saved(milvus_lite: VectorIndex) -> None:
    rows = vectors(1500)
    milvus_lite.upsert(np.arange(1000), rows[:1000])
    milvus_lite.save()
    milvus_lite.upsert(np.arange(1000, 1500), rows[1000:])
    assert [hits.ids[0] for hits in milvus_lite.search(rows, 1)] == list(range(1500))
    milvus_lite.save()
    milvus_lite.remove(np.arange(100))
    assert milvus_lite.ids().tolist() == list(range(100, 1500))
    assert milvus_lite.stats().count == 1400


def test_it_measures_itself(milvus_lite: VectorIndex) -> None:
    rows = vectors(3000)
    milvus_lite.upsert(np.arange(2000), rows[:2000])
    milvus_lite.save()
    assert milvus_lite.stats().recall_at_10 is None
    milvus_lite.maintain(Event())
    measured = milvus_lite.stats().recall_at_10
    assert measured is not None
    assert 0.9 <= measured <= 1
    stopped = Event()
    stopped.set()
    milvus_lite.upsert(np.arange(2000, 3000), rows[2000:])
    milvus_lite.maintain(stopped)
    assert milvus_lite.stats().recall_at_10 == measured


def test_filters_on_the_graph_are_exact(milvus_lite: VectorIndex) -> None:
    rows = vectors(1000)
    milvus_lite.upsert(np.arange(1000), rows)
    milvus_lite.save()
    nearest = np.argsort(-rows @ rows[0])
    for only, expected in (
        (IdFilter(allow=np.sort(nearest[900:])), nearest[900:920]),
        (IdFilter(deny=np.sort(nearest[:970])), nearest[970:990]),
    ):
        (hits,) = milvus_lite.search(rows[:1], 20, only)
        assert hits.ids.tolist() == expected.tolist()


def test_services_that_share_a_server(milvus: MilvusServer, milvus_backend: Backend) -> None:
    other = milvus.backend()
    milvus_backend.upsert("shared", ENCODER, np.arange(10), vectors(10))
    assert other.named("shared").search(vectors(10), 1)[9].ids.tolist() == [9]
    with pytest.raises(EncoderMismatch):
        other.upsert("shared", "another@1:8", ids(1), vectors(1))
    held = milvus_backend.named("shared")
    other.drop("shared")
    with pytest.raises(UnknownCollection):
        held.search(vectors(1), 1)
    with pytest.raises(UnknownCollection):
        held.index.stats()
    with pytest.raises(UnknownCollection):
        held.index.remove(ids(1))
    other.upsert("shared", "another@1:8", ids(5), vectors(1))
    assert milvus_backend.named("shared").index.ids().tolist() == [5]
    other.drop("shared")
    other.close()
