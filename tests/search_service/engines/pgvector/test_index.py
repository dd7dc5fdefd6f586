"""What is PostgreSQL's own: when an index is built, what depends on the dimension, many services at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from search_service.collection import Collection
from search_service.engines.backend import Backend
from search_service.engines.base import IdFilter
from search_service.errors import ForeignCollection, InvalidVectors, UnexpectedOwner, UnknownCollection
from tests.search_service.real_engines import PostgresServer
from tests.search_service.samples import ENCODER, ids, vectors


def backend_on(url: str, hnsw_from: int = 0) -> Any:
    from search_service.engines.pgvector.backend import PgvectorBackend

    return PgvectorBackend(url, connections=6, hnsw_from=hnsw_from)


def built(backend: Backend, count: int, dimension: int) -> Collection:
    """A collection of `vectors(count)`, indexed after they were there."""
    name = uuid4().hex
    backend.upsert(name, ENCODER, np.arange(count), vectors(count, dimension))
    backend.maintain(Event())
    return backend.named(name)


def recall(collection: Collection, rows: np.ndarray, k: int = 10) -> float:
    queries = vectors(20, rows.shape[1], seed=1)
    exact = np.argsort(-queries @ rows.T, axis=1)[:, :k]
    found = collection.search(queries, k)
    return float(
        np.mean([len(np.intersect1d(hits.ids, row)) / k for hits, row in zip(found, exact, strict=True)])
    )


def test_small_is_exact_and_large_gets_an_index(postgres: PostgresServer) -> None:
    backend = backend_on(postgres.database(), hnsw_from=1000)
    small, large = built(backend, 999, 16), built(backend, 3000, 16)
    assert (small.index.stats().kind, small.index.stats().recall_at_10) == ("pgvector-exact", 1.0)
    assert (large.index.stats().kind, large.index.stats().recall_at_10) == ("pgvector-hnsw", None)
    assert recall(small, vectors(999, 16)) == 1
    assert recall(large, vectors(3000, 16)) >= 0.98
    backend.close()


def test_an_index_measures_itself(postgres: PostgresServer) -> None:
    """Once, then again when something was written and an hour has passed."""
    import psycopg

    url = postgres.database()
    backend = backend_on(url, hnsw_from=1000)
    collection = built(backend, 3000, 16)
    for _time in range(2):
        backend.maintain(Event())
        measured = backend.named(collection.name).index.stats().recall_at_10
        assert measured is not None
        assert 0.9 <= measured <= 1
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE image_search.collections SET recall_at_10 = 0")
        collection.index.remove(ids(5))
        backend.maintain(Event())
        assert backend.named(collection.name).index.stats().recall_at_10 == 0
        db.execute("UPDATE image_search.collections SET recall_measured = now() - interval '61 minutes'")
        backend.maintain(Event())
    assert (backend.named(collection.name).index.stats().recall_at_10 or 0) >= 0.9
    backend.close()


@pytest.mark.parametrize(
    ("dimension", "kind"),
    [
        (2000, "pgvector-hnsw"),
        (2001, "pgvector-hnsw-halfvec"),
        (4000, "pgvector-hnsw-halfvec"),
        (4001, "pgvector-exact"),
    ],
)
def test_each_dimension_has_an_answer(pgvector_backend: Backend, dimension: int, kind: str) -> None:
    rows = vectors(60, dimension)
    collection = built(pgvector_backend, 60, dimension)
    assert collection.index.stats().kind == kind
    assert recall(collection, rows, k=5) >= 0.98
    (hits,) = collection.search(rows[7:8], 60)
    assert (hits.ids[0], len(hits)) == (7, 60)
    assert hits.scores[0] == pytest.approx(1, abs=1e-5)
    assert np.all(np.diff(hits.scores) <= 0)


def test_more_dimensions_than_the_type_holds(pgvector_backend: Backend) -> None:
    name = uuid4().hex
    with pytest.raises(InvalidVectors, match="at most 16000 dimensions"):
        pgvector_backend.upsert(name, ENCODER, ids(0), vectors(1, 16_001))
    assert name not in pgvector_backend.collections()


def test_deleted_and_denied_ones_leave_no_gaps(pgvector_backend: Backend) -> None:
    """HNSW finds dead rows first, and filters after it has found: iterative scans go on until k are left."""
    rows = vectors(2000, 16)
    collection = built(pgvector_backend, 2000, 16)
    nearest = np.argsort(-rows @ rows[0])
    assert collection.index.remove(np.sort(nearest[:300])) == 300
    (hits,) = collection.index.search(rows[:1], 20, IdFilter(deny=np.sort(nearest[300:1200])))
    assert hits.ids.tolist() == nearest[1200:1220].tolist()


def test_a_build_that_was_cut_short_is_done_again(postgres: PostgresServer) -> None:
    import psycopg

    url = postgres.database()
    backend = backend_on(url)
    collection = built(backend, 500, 16)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'image_search.hnsw_1'::regclass"
        )
        db.execute("UPDATE image_search.collections SET indexed = false")
        backend.maintain(Event())
        (valid,) = db.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'image_search.hnsw_1'::regclass"
        ).fetchone() or (None,)
    assert valid is True
    assert backend.named(collection.name).index.stats().kind == "pgvector-hnsw"
    backend.close()


def test_services_that_share_a_database(postgres: PostgresServer) -> None:
    """Both start at once, create the same collection at once, and write to it at once."""
    url = postgres.database()
    with ThreadPoolExecutor(2) as pool:
        backends = list(pool.map(backend_on, [url, url]))

        def write(part: int) -> None:
            mine = np.arange(part * 50, part * 50 + 100)  # half of it is the neighbour's too
            backends[part % 2].upsert("shared", ENCODER, mine, vectors(1000)[mine])

        list(pool.map(write, range(10)))
    for backend in backends:
        assert backend.named("shared").index.stats().count == 550
    held = backends[0].named("shared")
    backends[1].adopt("shared", "mine", None)
    with pytest.raises(ForeignCollection):
        held.upsert(ENCODER, ids(1), vectors(1))
    with pytest.raises(ForeignCollection):
        held.remove(ids(1))
    with pytest.raises(UnexpectedOwner):
        backends[0].hand_over(held, "theirs")
    assert (backends[0].named("shared").catalogue, held.index.stats().count) == ("mine", 550)
    backends[1].drop("shared")
    with pytest.raises(UnknownCollection):
        held.search(vectors(1), 1)
    with pytest.raises(UnknownCollection):
        held.index.stats()
    with pytest.raises(UnknownCollection):
        held.index.remove(ids(1))
    for backend in backends:
        backend.close()
