"""An index in PostgreSQL: one table a collection, searched exactly while small, then by HNSW."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from pgvector import Vector
from psycopg import errors
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, IndexStats, VectorIndex
from search_service.engines.pgvector import sql as pgvector_sql
from search_service.engines.pgvector.connection import VectorDatabase
from search_service.engines.recall import K, Probes, worst
from search_service.engines.sampled_moments import SampledMoments
from search_service.engines.total_order import with_equals
from search_service.errors import ForeignCollection, UnknownCollection
from search_service.moments import Moments
from service_kit.postgres.postgres import Db

log = logging.getLogger(__name__)
_LEAST_EF, _MOST_EF = 100, 1_000
_SAMPLE, _MEASURE_SECONDS = 20, 3600.0
_SAME_SCORE = 1e-5  # PostgreSQL rounds what an index finds and what a scan finds a little differently
_LOCK = 0x696D6773  # the first half of the advisory lock of whoever builds an index


@dataclass(frozen=True)
class PgRecord:
    """A row of `image_search.collections`; `key` is never used again, not even for the same name."""

    key: int
    name: str
    encoder: str
    dimension: int
    count: int
    indexed: bool
    catalogue: str | None


class PgvectorIndex(VectorIndex):
    """Cheap to make: `record` is what held when it was made, and only the plan of a search rests on it."""

    def __init__(
        self, record: PgRecord, database: VectorDatabase, hnsw_from: int, sampled: SampledMoments
    ) -> None:
        self.dimension = record.dimension
        self._sampled = sampled
        self._record, self._database, self._hnsw_from = record, database, hnsw_from
        self._table = pgvector_sql.table_of(record.key)

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        with self._transaction() as db:
            write(db, self._record, ids, vectors)

    def remove(self, ids: Ids) -> int:
        with self._transaction() as db:
            delete = pgvector_sql.DELETE.format(table=self._table)
            removed = db.execute(delete, {"ids": ids.tolist()}).rowcount
            _changed(db, self._record, -removed)
        return removed

    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        """Allowed ids are always searched exactly: they are found by their key, not through the graph."""
        exact = only.allow is not None or not self._record.indexed
        with self._transaction() as db:
            if exact:
                return self._nearest(db, queries, k, only, exact)

            def nearest(some: Vectors, count: int) -> list[Hits]:
                return self._nearest(db, some, count, only, exact)

            found = with_equals(nearest, queries, k, _LEAST_EF, max(k, _MOST_EF))
            self._complete(db, found, queries, k, only)
        return found

    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        with self._transaction() as db:
            query = pgvector_sql.GET.format(table=self._table)
            rows = db.execute(query, {"ids": ids.tolist()}, binary=True).fetchall()
        return self._read_vectors(rows)

    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        with self._transaction() as db:
            query = pgvector_sql.IDS.format(table=self._table)
            rows = db.execute(query, {"after": after, "limit": limit}, binary=True).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def stats(self) -> IndexStats:
        """`bytes` is what table and indexes take on the server's disk."""
        with self._transaction() as db:
            row = db.execute(
                "SELECT count, pg_total_relation_size(to_regclass(%s)), generation, indexed, recall_at_10, "
                "recall FROM image_search.collections WHERE key = %s",
                (f"image_search.vectors_{self._record.key}", self._record.key),
            ).fetchone()
        if row is None:
            raise UnknownCollection(self._record.name, [])
        count, size, generation, indexed, least, recall = row
        kind = pgvector_sql.index_name(self.dimension) if indexed else "exact"
        least, recall = (least, recall) if indexed else (1.0, None)
        return IndexStats(f"pgvector-{kind}", count, size, generation, least, recall=recall)

    def moments(self) -> Moments | None:
        return self._sampled.known

    def measure(self, stop: Event) -> None:
        self._sampled.refresh(self, self.sample_ids, stop)

    def maintain(self, stop: Event) -> None:
        """Make the HNSW index of a collection that has grown; until then it is searched exactly. Measure one
        that is there."""
        large = self._record.count >= self._hnsw_from and not stop.is_set()
        if large and not self._record.indexed and pgvector_sql.index_name(self.dimension):
            self._build()
        elif self._record.indexed:
            self._measure(stop)

    def sample_ids(self, wanted: int, of: int) -> Ids:
        values = {"percent": min(100.0, 105.0 * wanted / of), "most": wanted}
        with self._transaction() as db:
            rows = db.execute(pgvector_sql.SAMPLE_IDS.format(table=self._table), values).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def _build(self) -> None:
        """While searches and writes go on, unless another service is at it already."""
        key = self._record.key
        with self._database.alone() as db:
            if not _one(db.execute("SELECT pg_try_advisory_lock(%s, %s::int)", (_LOCK, key))):
                return
            valid = _one(
                db.execute(
                    "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
                    (f"image_search.hnsw_{key}",),
                )
            )
            if valid is False:  # an earlier build was cut short
                db.execute(SQL("DROP INDEX {}").format(Identifier("image_search", f"hnsw_{key}")))
            if not valid:
                log.info("collection %s: building its HNSW index", self._record.name)
                db.execute(pgvector_sql.build(key, self.dimension))
            db.execute("UPDATE image_search.collections SET indexed = true WHERE key = %s", (key,))

    def _measure(self, stop: Event) -> None:
        """recall@10 on a sample, once an hour at most, and only when something was written since."""
        with self._transaction() as db:
            claim = {"key": self._record.key, "every": _MEASURE_SECONDS}
            if _one(db.execute(pgvector_sql.CLAIM_MEASURE, claim)) is None:
                return
            ids, queries = self._sample(db)
        if not len(ids):
            return
        probes, exact = Probes.of(ids, queries), list[Hits]()
        for query in probes.queries:  # one at a time: each reads the whole table
            if stop.is_set():
                return
            with self._transaction() as db:
                exact += self._nearest(db, query[np.newaxis], K + 1, ANY_ID, exact=True)
        found = probes.nearest(self.search(probes.queries, K + 1))
        recall = probes.recall(found, probes.nearest(exact), _SAME_SCORE)
        with self._transaction() as db:
            db.execute(
                "UPDATE image_search.collections SET recall_at_10 = %s, recall = %s WHERE key = %s",
                (worst(recall), Jsonb(recall), self._record.key),
            )
        log.info("collection %s: recall@10 is %s", self._record.name, recall)

    def _sample(self, db: Db) -> tuple[Ids, Vectors]:
        """Up to 20 stored vectors: those that follow random places between the first id and the last."""
        first, last = db.execute(pgvector_sql.ENDS.format(table=self._table)).fetchone() or (None, None)
        if first is None:
            return np.empty(0, np.int64), np.empty((0, self.dimension), np.float32)
        places = np.random.default_rng().integers(first, last, _SAMPLE, endpoint=True)
        query = pgvector_sql.SAMPLE.format(table=self._table)
        return self._read_vectors(db.execute(query, {"places": places.tolist()}, binary=True).fetchall())

    def _read_vectors(self, rows: list[Any]) -> tuple[Ids, Vectors]:
        vectors = np.empty((len(rows), self.dimension), np.float32)
        for position, (_, vector) in enumerate(rows):
            vectors[position] = vector.to_numpy()
        return np.array([row[0] for row in rows], np.int64), vectors

    def _nearest(self, db: Db, queries: Vectors, k: int, only: IdFilter, exact: bool) -> list[Hits]:
        values: dict[str, Any] = {"queries": [Vector(row) for row in queries], "k": k, "candidates": k}
        if only.allow is not None:
            values["allow"] = only.allow.tolist()
        if only.deny is not None:
            values["deny"] = only.deny.tolist()
        if not exact:
            values["candidates"] = pgvector_sql.candidates(self.dimension, k)
            _use_index(db, values["candidates"])
        query = pgvector_sql.nearest(
            self._record.key, self.dimension, exact=exact, allow="allow" in values, deny="deny" in values
        )
        return _hits(db.execute(query, values, binary=True).fetchall(), len(queries))

    def _complete(self, db: Db, found: list[Hits], queries: Vectors, k: int, only: IdFilter) -> None:
        """Search exactly for what came back short although there is more: HNSW gives up at some point."""
        if all(len(hits) >= k for hits in found):
            return
        count = _one(
            db.execute("SELECT count FROM image_search.collections WHERE key = %s", (self._record.key,))
        )
        enough = min(k, int(count or 0) - (0 if only.deny is None else len(only.deny)))
        short = [position for position, hits in enumerate(found) if len(hits) < enough]
        if short:
            exact = self._nearest(db, queries[short], k, only, exact=True)
            for position, hits in zip(short, exact, strict=True):
                found[position] = hits

    @contextmanager
    def _transaction(self) -> Iterator[Db]:
        try:
            with self._database.transaction() as db:
                yield db
        except errors.UndefinedTable as error:  # dropped meanwhile
            raise UnknownCollection(self._record.name, []) from error


def write(db: Db, record: PgRecord, ids: Ids, vectors: Vectors) -> None:
    """Inside a transaction: into `incoming` by COPY, from there into the table in the order of the ids, which
    keeps two writers from waiting for each other."""
    with db.cursor().copy("COPY incoming FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "vector"])
        for i, vector in zip(ids.tolist(), vectors, strict=True):
            copy.write_row((i, Vector(vector)))
    added = _one(db.execute(pgvector_sql.MERGE.format(table=pgvector_sql.table_of(record.key))))
    _changed(db, record, int(added or 0))


def _changed(db: Db, record: PgRecord, by: int) -> None:
    """Last in a write's transaction: from here to its end, other writers of this collection wait.

    It changes nothing when the collection has been dropped or adopted since the record was read.
    """
    changed = db.execute(
        "UPDATE image_search.collections SET generation = generation + 1, count = count + %s "
        "WHERE key = %s AND catalogue IS NOT DISTINCT FROM %s",
        (by, record.key, record.catalogue),
    )
    if not changed.rowcount:
        read = "SELECT catalogue FROM image_search.collections WHERE key = %s"
        there = db.execute(read, (record.key,)).fetchone()
        if there is None:
            raise UnknownCollection(record.name, [])
        raise ForeignCollection(record.name, there[0], record.catalogue)


def _use_index(db: Db, candidates: int) -> None:
    """For this transaction: the planner takes the index even where it thinks a small table is read faster."""
    ef = min(max(candidates, _LEAST_EF), _MOST_EF)
    db.execute(
        "SELECT set_config('enable_seqscan', 'off', true), set_config('hnsw.ef_search', %s, true)", (str(ef),)
    )


def _hits(rows: list[Any], queries: int) -> list[Hits]:
    """Rows of (query's number from 1, id, score), ordered, as one `Hits` for each query."""
    numbers = np.array([row[0] for row in rows], np.int64)
    ids = np.array([row[1] for row in rows], np.int64)
    scores = np.clip(np.array([row[2] for row in rows], np.float32), -1.0, 1.0)
    ends = np.searchsorted(numbers, np.arange(1, queries + 1), side="right")
    starts = np.concatenate(([0], ends[:-1]))
    return [Hits(ids[start:end], scores[start:end]) for start, end in zip(starts, ends, strict=True)]


def _one(cursor: Any) -> Any:
    """The first column of the first row; `None` when there's no row."""
    row = cursor.fetchone()
    return None if row is None else row[0]
