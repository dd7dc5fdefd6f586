"""Moments against a direct scan: on every engine, after every kind of write, while the store is read."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from search_service.engines.arrays import Vectors
from search_service.engines.base import VectorIndex
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.sizing import Sizing
from search_service.engines.faiss.snapshot import Snapshot
from search_service.engines.faiss.store import Store
from search_service.engines.sampled_moments import SampledMoments
from search_service.moments import FEWEST, Moments
from tests.search_service.samples import DIMENSION, ENCODER, ids, vectors
from tests.waiting import wait_until

QUERIES = vectors(5, seed=77)


@pytest.fixture(params=["durable", "pgvector_exact", "pgvector_hnsw", "milvus_lite"])
def engine_index(request: pytest.FixtureRequest) -> VectorIndex:
    """What a backend serves; the parts of an index in memory have no moments of their own."""
    made: VectorIndex = request.getfixturevalue(request.param)
    return made


def is_as_scanned(index: VectorIndex, stored: Vectors) -> None:
    """Soon: a write's share is counted by a thread of its own."""

    def counted() -> Moments | None:
        found = index.moments()
        return found if found is not None and found.count == len(stored) else None

    moments = wait_until(counted, f"the moments of {len(stored)} vectors")
    assert moments is not None
    spreads = moments.spreads(QUERIES)
    assert spreads is not None
    scores = QUERIES.astype(np.float64) @ stored.astype(np.float64).T
    assert [spread.mean for spread in spreads] == pytest.approx(scores.mean(axis=1).tolist(), abs=1e-6)
    assert [spread.deviation for spread in spreads] == pytest.approx(scores.std(axis=1).tolist(), abs=1e-6)


def test_after_every_kind_of_write(engine_index: VectorIndex) -> None:
    rows, others = vectors(300), vectors(300, seed=1)
    engine_index.measure(Event())
    engine_index.upsert(np.arange(300), rows)
    engine_index.measure(Event())
    is_as_scanned(engine_index, rows)
    engine_index.upsert(np.arange(100, 400), np.concatenate([others[100:300], others[:100]]))
    engine_index.remove(ids(*range(50), 999))
    engine_index.measure(Event())
    is_as_scanned(engine_index, np.concatenate([rows[50:100], others[100:300], others[:100]]))


def test_none_for_too_few(engine_index: VectorIndex) -> None:
    engine_index.upsert(np.arange(FEWEST - 1), vectors(FEWEST - 1))
    engine_index.measure(Event())
    moments = engine_index.moments()
    assert moments is None or moments.spreads(QUERIES) is None


def test_a_new_collections_writes_count_soon_and_none_is_read_again(tmp_path: Path, store: Store) -> None:
    record = store.create("c", ENCODER, np.arange(20), vectors(20))
    index = DurableIndex(record, store, Snapshot(tmp_path, record.uid), fresh=True)
    is_as_scanned(index, vectors(20))
    index.upsert(np.arange(20, 40), vectors(20, seed=1))
    is_as_scanned(index, np.concatenate([vectors(20), vectors(20, seed=1)]))


def test_writes_before_between_and_after_the_reading(tmp_path: Path, store: Store) -> None:
    rows, others = vectors(5_000), vectors(5_000, seed=1)
    record = store.create("c", ENCODER, np.arange(5_000), rows)
    index = DurableIndex(record, store, Snapshot(tmp_path, record.uid))
    assert index.moments() is None
    index.upsert(ids(3, 4_000), others[[3, 4_000]])

    class AfterOneChunk(Event):
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 1

    index.measure(AfterOneChunk())
    assert index.moments() is None
    index.upsert(ids(5, 4_001, 6_000), others[[5, 4_001, 7]])
    index.remove(ids(10, 4_100))
    index.measure(Event())
    stored = rows.copy()
    for changed in (3, 5, 4_000, 4_001):
        stored[changed] = others[changed]
    stored = np.concatenate([np.delete(stored, [10, 4_100], axis=0), others[7:8]])
    is_as_scanned(index, stored)
    index.remove(ids(*range(4_000)))
    is_as_scanned(index, stored[3_999:])


def test_they_outlive_a_change_to_an_approximate_index(tmp_path: Path, store: Store) -> None:
    rows = vectors(600)
    record = store.create("c", ENCODER, np.arange(600), rows)
    index = DurableIndex(record, store, Snapshot(tmp_path, record.uid), Sizing(exact_up_to=200), fresh=True)
    index.maintain(Event())
    assert index.stats().kind == "ivf"
    index.remove(ids(*range(100)))
    index.upsert(ids(100), rows[:1])
    is_as_scanned(index, np.concatenate([rows[:1], rows[101:]]))


def test_drift_of_many_small_writes_stays_below_what_matters(tmp_path: Path) -> None:
    moments, rows = Moments.none(DIMENSION), vectors(1_000)
    for _ in range(20):
        for start in range(0, 1_000, 50):
            moments = moments.plus(rows[start : start + 50])
        for start in range(0, 1_000, 20):
            moments = moments.minus(rows[start : start + 20])
    moments = moments.plus(rows)
    spreads = moments.spreads(QUERIES)
    assert spreads is not None
    exact = (QUERIES.astype(np.float64) @ rows.T).std(axis=1)
    assert [spread.deviation for spread in spreads] == pytest.approx(exact.tolist(), abs=1e-5)


def test_a_large_collection_is_sampled(durable: VectorIndex) -> None:
    rows = vectors(4_000)
    durable.upsert(np.arange(4_000), rows)
    sampled = SampledMoments(1_000)
    drawn = np.random.default_rng(0).choice(4_000, 1_000, replace=False)
    sampled.refresh(durable, lambda wanted, of: drawn[:wanted], Event())
    assert sampled.known is not None
    assert sampled.known.count == 1_000
    spreads = sampled.known.spreads(QUERIES)
    assert spreads is not None
    assert spreads[0].deviation == pytest.approx(float((rows @ QUERIES[0]).std()), rel=0.1)


def test_a_sample_is_taken_anew_when_the_collection_has_changed(durable: VectorIndex) -> None:
    sampled = SampledMoments()
    asked: list[int] = []

    def counted(wanted: int, of: int) -> np.ndarray:
        asked.append(of)
        return durable.ids()

    for count, expected in ((3_000, 3_000), (3_001, 3_000), (4_000, 4_000)):
        durable.upsert(np.arange(count), vectors(count))
        sampled.refresh(durable, counted, Event())
        assert sampled.known is not None
        assert sampled.known.count == expected


@pytest.mark.parametrize("engine", ["pgvector_exact", "milvus_lite"])
def test_engines_draw_random_ids(engine: str, request: pytest.FixtureRequest) -> None:
    index = request.getfixturevalue(engine)
    index.upsert(np.arange(2_000), vectors(2_000))
    drawn = index.sample_ids(200, 2_000)
    assert 120 < len(drawn) <= 200
    assert len(np.unique(drawn)) == len(drawn)
    assert 700 < drawn.mean() < 1_300


def test_many_writers_at_once_lose_nothing(durable: VectorIndex) -> None:
    rows = vectors(2_000)

    def write(part: int) -> None:
        for start in range(part * 500, part * 500 + 500, 25):
            durable.upsert(np.arange(start, start + 25), rows[start : start + 25])
        durable.remove(ids(*range(part * 500, part * 500 + 100)))

    durable.measure(Event())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    durable.measure(Event())
    is_as_scanned(durable, np.concatenate([rows[part * 500 + 100 : part * 500 + 500] for part in range(4)]))
