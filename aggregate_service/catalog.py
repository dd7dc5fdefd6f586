"""The catalogue: which pictures there are, which are indexed in which collection. Ids are never reused."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS pictures (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    size INTEGER,
    mtime_ns INTEGER,
    sha256 TEXT,
    width INTEGER,
    height INTEGER
);
CREATE TABLE IF NOT EXISTS indexed (
    collection TEXT NOT NULL,
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    PRIMARY KEY (collection, picture_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS indexed_picture ON indexed (picture_id);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO settings VALUES ('next_id', '0');
"""
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Picture:
    """One row; what is None isn't known yet: it is filled in when the picture is first read."""

    id: int
    path: str
    size: int | None = None
    mtime_ns: int | None = None
    sha256: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Facts:
    """What reading a picture tells about it; width and height as displayed (EXIF applied)."""

    size: int
    mtime_ns: int
    sha256: str
    width: int
    height: int


class Catalog:
    """Safe to use from several threads, and beside other processes on the same file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = RLock()
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; may be nested, the outermost decides."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def get(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM settings WHERE name = ?", name)
        return str(rows[0][0]) if rows else None

    def put(self, name: str, value: str) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def add(self, paths: Sequence[str | None]) -> list[int]:
        """Add rows for new paths; a None uses up an id without a row. Returns the ids, consecutive."""
        with self.transaction() as db:
            first = int(self.get("next_id") or 0)
            ids = list(range(first, first + len(paths)))
            db.executemany(
                "INSERT INTO pictures (id, path) VALUES (?, ?)",
                [(id_, path) for id_, path in zip(ids, paths, strict=True) if path is not None],
            )
            self.put("next_id", str(first + len(paths)))
        return ids

    def describe(self, picture_id: int, facts: Facts) -> None:
        """Fill in what was found when the picture was read."""
        with self.transaction() as db:
            db.execute(
                "UPDATE pictures SET size = ?, mtime_ns = ?, sha256 = ?, width = ?, height = ? WHERE id = ?",
                (facts.size, facts.mtime_ns, facts.sha256, facts.width, facts.height, picture_id),
            )

    def forget_facts(self, ids: Iterable[int]) -> None:
        """The files changed: their vectors are stale everywhere, and what was known is wrong."""
        with self.transaction() as db:
            for id_ in ids:
                db.execute("DELETE FROM indexed WHERE picture_id = ?", (id_,))
                db.execute(
                    "UPDATE pictures SET size = NULL, mtime_ns = NULL, sha256 = NULL, width = NULL, "
                    "height = NULL WHERE id = ?",
                    (id_,),
                )

    def remove(self, ids: Iterable[int]) -> None:
        with self.transaction() as db:
            db.executemany("DELETE FROM pictures WHERE id = ?", [(id_,) for id_ in ids])

    def picture(self, picture_id: int) -> Picture | None:
        return self.pictures([picture_id]).get(picture_id)

    def pictures(self, ids: Iterable[int]) -> dict[int, Picture]:
        """The rows with these ids, by id; ids that aren't in the catalogue are left out."""
        wanted = json.dumps([id_ for id_ in ids if 0 <= id_ <= _LARGEST_ID])
        rows = self._rows("SELECT * FROM pictures WHERE id IN (SELECT value FROM json_each(?))", wanted)
        return {row[0]: Picture(*row) for row in rows}

    def all_pictures(self) -> list[Picture]:
        return [Picture(*row) for row in self._rows("SELECT * FROM pictures ORDER BY id")]

    def count(self) -> int:
        return int(self._rows("SELECT count(*) FROM pictures")[0][0])

    def mark_indexed(self, collection: str, ids: Iterable[int]) -> None:
        with self.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO indexed SELECT ?, id FROM pictures WHERE id = ?",
                [(collection, id_) for id_ in ids],
            )

    def unmark_indexed(self, collection: str, ids: Iterable[int]) -> None:
        with self.transaction() as db:
            db.executemany(
                "DELETE FROM indexed WHERE collection = ? AND picture_id = ?",
                [(collection, id_) for id_ in ids],
            )

    def indexed(self, collection: str) -> set[int]:
        rows = self._rows("SELECT picture_id FROM indexed WHERE collection = ?", collection)
        return {row[0] for row in rows}

    def collections(self) -> list[str]:
        """The collections that have, or had until now, vectors of these pictures."""
        return [row[0] for row in self._rows("SELECT DISTINCT collection FROM indexed ORDER BY collection")]

    def portable_paths(self, collection: str) -> list[str | None]:
        """What image_paths.json holds: position = id; None where no picture of that id is indexed."""
        paths: list[str | None] = [None] * int(self.get("next_id") or 0)
        rows = self._rows(
            "SELECT id, path FROM pictures JOIN indexed ON picture_id = id WHERE collection = ?", collection
        )
        for id_, path in rows:
            paths[id_] = path
        return paths

    def _rows(self, query: str, *values: str | int) -> list[Any]:
        with self._lock:
            return self._db.execute(query, values).fetchall()
