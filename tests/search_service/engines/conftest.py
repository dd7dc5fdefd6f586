"""Every implementation of `VectorIndex`, each empty: the parameters of the conformance suite."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from uuid import uuid4

import pytest

from search_service.engines.backend import Backend
from search_service.engines.base import VectorIndex
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.flat import FaissFlat
from search_service.engines.faiss.ivf import Effort, FaissIvf
from search_service.engines.faiss.ivf_codes import IvfCodes
from search_service.engines.faiss.row_file import RowFile
from search_service.engines.faiss.row_table import RowTable
from search_service.engines.faiss.snapshot import Snapshot
from search_service.engines.faiss.store import Store
from tests.search_service.real_engines import MilvusServer, PostgresServer
from tests.search_service.samples import DIMENSION, ENCODER, ids, vectors


@pytest.fixture
def faiss_flat() -> VectorIndex:
    return FaissFlat(DIMENSION)


@pytest.fixture
def durable(tmp_path: Path, store: Store) -> VectorIndex:
    record = store.create("c", ENCODER, ids(), vectors(0))
    return DurableIndex(record, store, Snapshot(tmp_path, record.uid))


@pytest.fixture
def faiss_ivf(tmp_path: Path) -> VectorIndex:
    """So small, it is asked to look at everything: what is approximate is tested where it is large."""
    codes = IvfCodes.trained(vectors(400, seed=8), 4, Event())
    assert codes is not None
    return FaissIvf(codes, RowFile(tmp_path / "c.rows", DIMENSION), RowTable.of(ids()), Effort(4, 4, 1000))


@pytest.fixture(scope="session")
def pgvector_backend(postgres: PostgresServer) -> Iterator[Backend]:
    from search_service.engines.pgvector.backend import PgvectorBackend

    backend = PgvectorBackend(postgres.database("kept"), connections=6, hnsw_from=0)
    yield backend
    backend.close()


@pytest.fixture
def pgvector_exact(pgvector_backend: Backend) -> VectorIndex:
    return pgvector_backend.upsert(uuid4().hex, ENCODER, ids(), vectors(0)).index


@pytest.fixture
def pgvector_hnsw(pgvector_backend: Backend) -> VectorIndex:
    name = uuid4().hex
    pgvector_backend.upsert(name, ENCODER, ids(), vectors(0))
    pgvector_backend.maintain(Event())
    index = pgvector_backend.named(name).index
    assert index.stats().kind == "pgvector-hnsw"
    return index


@pytest.fixture(scope="session")
def milvus_backend(milvus: MilvusServer) -> Iterator[Backend]:
    backend = milvus.backend()
    yield backend
    backend.close()


@pytest.fixture
def milvus_lite(milvus_backend: Backend) -> VectorIndex:
    return milvus_backend.upsert(uuid4().hex, ENCODER, ids(), vectors(0)).index


@pytest.fixture(
    params=["faiss_flat", "faiss_ivf", "durable", "pgvector_exact", "pgvector_hnsw", "milvus_lite"]
)
def index(request: pytest.FixtureRequest) -> VectorIndex:
    made: VectorIndex = request.getfixturevalue(request.param)
    return made


@pytest.fixture(params=["faiss_flat", "faiss_ivf", "durable", "pgvector_exact"])
def steady_index(request: pytest.FixtureRequest) -> VectorIndex:
    """Milvus rounds a score differently as more or fewer are asked for, and HNSW, walking its graph less far,
    may miss the nearest of near-equals. Pages are cut from one list whatever the engine.
    """
    made: VectorIndex = request.getfixturevalue(request.param)
    return made
