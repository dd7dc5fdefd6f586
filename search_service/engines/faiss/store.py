"""The truth about vectors: SQLite holds every collection and every vector; indexes are made from it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.errors import StorageFull, UnknownCollection

_SCHEMA = """
CREATE TABLE IF NOT EXISTS collections (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    encoder TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    catalogue TEXT
);
CREATE TABLE IF NOT EXISTS vectors (
    collection INTEGER NOT NULL REFERENCES collections (key),
    id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (collection, id)
);
CREATE INDEX IF NOT EXISTS vectors_by_generation ON vectors (collection, generation);
"""
# The page size is that of a new file: seven vectors of 512 dimensions fit 16 kB, and one SQLite's usual 4 kB.
_PRAGMAS = (
    "page_size=16384",
    "locking_mode=EXCLUSIVE",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)
_UPSERT = """
INSERT INTO vectors (collection, id, generation, vector) VALUES (?, ?, ?, ?)
ON CONFLICT (collection, id) DO UPDATE SET generation = excluded.generation, vector = excluded.vector
"""


@dataclass(frozen=True)
class CollectionRecord:
    """`key` and `uid` are never used again, not even for a collection of the same name."""

    key: int
    uid: str
    name: str
    encoder: str
    dimension: int
    catalogue: str | None = None


class Store:
    """One connection, one thread at a time. Every write is one transaction, on disk when it returns.

    A collection's generation grows by one with each write; a vector's row carries the one that wrote it.
    """

    def __init__(self, path: Path) -> None:
        """Opens or creates; `sqlite3.Error` when it can't, or when another process has it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._db = sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)
        with ExitStack() as failing:
            failing.callback(self.close)
            for pragma in _PRAGMAS:
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            self._add_missing_column()
            failing.pop_all()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def records(self) -> list[CollectionRecord]:
        """In the order of their creation."""
        rows = self._read(
            "SELECT key, uid, name, encoder, dimension, catalogue FROM collections ORDER BY key"
        )
        return [CollectionRecord(*row) for row in rows]

    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None = None
    ) -> CollectionRecord:
        """A new collection with its first vectors, in one transaction: there's never an empty half."""
        uid = uuid4().hex
        with self._transaction() as db:
            inserted = db.execute(
                "INSERT INTO collections (uid, name, encoder, dimension, catalogue, generation) "
                "VALUES (?, ?, ?, ?, ?, 1)",
                (uid, name, encoder, vectors.shape[1], catalogue),
            )
            key = int(inserted.lastrowid or 0)
            db.executemany(_UPSERT, _rows(key, 1, ids, vectors))
        return CollectionRecord(key, uid, name, encoder, vectors.shape[1], catalogue)

    def put(self, record: CollectionRecord, ids: Ids, vectors: Vectors) -> int:
        """Upsert, and return the collection's new generation."""
        with self._transaction() as db:
            generation = _next_generation(db, record)
            db.executemany(_UPSERT, _rows(record.key, generation, ids, vectors))
        return generation

    def delete(self, record: CollectionRecord, ids: Ids) -> int:
        """Delete, unknown ids ignored, and return the collection's new generation."""
        with self._transaction() as db:
            generation = _next_generation(db, record)
            db.execute(
                "DELETE FROM vectors WHERE collection = ? AND id IN (SELECT value FROM json_each(?))",
                (record.key, json.dumps(ids.tolist())),
            )
        return generation

    def hand_over(self, record: CollectionRecord, catalogue: str) -> None:
        with self._transaction() as db:
            db.execute("UPDATE collections SET catalogue = ? WHERE key = ?", (catalogue, record.key))

    def drop(self, record: CollectionRecord) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM vectors WHERE collection = ?", (record.key,))
            db.execute("DELETE FROM collections WHERE key = ?", (record.key,))

    def generation(self, record: CollectionRecord) -> int:
        rows = self._read("SELECT generation FROM collections WHERE key = ?", record.key)
        if not rows:
            raise UnknownCollection(record.name, [r.name for r in self.records()])
        return int(rows[0][0])

    def ids(
        self, record: CollectionRecord, *, after: int = -1, limit: int | None = None, since: int = 0
    ) -> Ids:
        """Ids greater than `after`, ascending; with `since`, only those written after that generation."""
        rows = self._read(
            "SELECT id FROM vectors WHERE collection = ? AND id > ? AND generation > ? ORDER BY id LIMIT ?",
            record.key,
            after,
            since,
            -1 if limit is None else limit,
        )
        return np.array([row[0] for row in rows], np.int64)

    def get(self, record: CollectionRecord, ids: Ids) -> tuple[Ids, Vectors]:
        """Those of the ids that are there, ascending, with their vectors."""
        rows = self._read(
            "SELECT id, vector FROM vectors WHERE collection = ? "
            "AND id IN (SELECT value FROM json_each(?)) ORDER BY id",
            record.key,
            json.dumps(ids.tolist()),
        )
        vectors = np.frombuffer(b"".join(row[1] for row in rows), "<f4").reshape(-1, record.dimension)
        return np.array([row[0] for row in rows], np.int64), vectors.astype(np.float32, copy=False)

    def default(self) -> str | None:
        """The collection that was made the default, else the first created."""
        rows = self._read("SELECT name FROM collections ORDER BY is_default DESC, key LIMIT 1")
        return str(rows[0][0]) if rows else None

    def set_default(self, record: CollectionRecord) -> None:
        with self._transaction() as db:
            db.execute("UPDATE collections SET is_default = (key = ?)", (record.key,))

    def _add_missing_column(self) -> None:
        """Collections that were made before there were owners have none."""
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(collections)")}
        if "catalogue" not in columns:
            self._db.execute("ALTER TABLE collections ADD COLUMN catalogue TEXT")

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                raise StorageFull from error
            finally:
                if self._db.in_transaction:  # whatever happened, nothing of it stays
                    self._db.execute("ROLLBACK")


def _next_generation(db: sqlite3.Connection, record: CollectionRecord) -> int:
    row = db.execute(
        "UPDATE collections SET generation = generation + 1 WHERE key = ? RETURNING generation",
        (record.key,),
    ).fetchone()
    if row is None:  # dropped while this write waited
        raise UnknownCollection(record.name, [])
    return int(row[0])


def _rows(key: int, generation: int, ids: Ids, vectors: Vectors) -> Iterator[tuple[int, int, int, bytes]]:
    little_endian = vectors.astype("<f4", copy=False)
    return (
        (key, i, generation, vector.tobytes()) for i, vector in zip(ids.tolist(), little_endian, strict=True)
    )
