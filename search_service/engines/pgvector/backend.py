"""The PostgreSQL backend: collections in a database that several search services may share."""

from typing import Any

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.pgvector import sql as pgvector_sql
from search_service.engines.pgvector.connection import VectorDatabase
from search_service.engines.pgvector.index import PgRecord, PgvectorIndex, write
from search_service.engines.sampled_moments import SampledMoments
from search_service.errors import UnexpectedOwner, UnknownCollection
from service_kit.postgres.frozen_watch import PATIENCE
from service_kit.postgres.postgres import Db

_RECORD = "SELECT key, name, encoder, dimension, count, indexed, catalogue FROM image_search.collections"


class PgvectorBackend(Backend):
    """Holds nothing itself but moments: what it answers is what the database says at that moment."""

    def __init__(self, url: str, connections: int, hnsw_from: int, patience: float = PATIENCE) -> None:
        super().__init__()
        self._database = VectorDatabase(url, connections, patience)
        self._hnsw_from = hnsw_from
        self._sampled: dict[int, SampledMoments] = {}  # by a collection's key

    def collections(self) -> dict[str, Collection]:
        return {record.name: self._collection(record) for record in self._records()}

    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None
    ) -> Collection | None:
        with self._database.transaction() as db:
            created = _create(db, name, encoder, vectors.shape[1], catalogue)
            if created is not None:
                write(db, created, ids, vectors)
        return None if created is None else self._collection(created)

    def hand_over(self, collection: Collection, catalogue: str) -> None:
        update = (
            "UPDATE image_search.collections SET catalogue = %s "
            "WHERE name = %s AND catalogue IS NOT DISTINCT FROM %s"
        )
        with self._database.transaction() as db:
            changed = db.execute(update, (catalogue, collection.name, collection.catalogue)).rowcount
        if not changed:  # another service was faster
            raise UnexpectedOwner(
                collection.name, self.named(collection.name).catalogue, collection.catalogue
            )

    def drop(self, name: str) -> None:
        with self._database.transaction() as db:
            delete = "DELETE FROM image_search.collections WHERE name = %s RETURNING key"
            row = db.execute(delete, (name,)).fetchone()
            if row is not None:
                db.execute(pgvector_sql.DROP.format(table=pgvector_sql.table_of(row[0])))
                self._sampled.pop(row[0], None)
        if row is None:
            raise UnknownCollection(name, list(self.collections()))

    def default(self) -> str | None:
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT name FROM image_search.collections ORDER BY is_default DESC, key LIMIT 1"
            ).fetchone()
        return None if row is None else str(row[0])

    def set_default(self, name: str) -> None:
        self.named(name)
        with self._database.transaction() as db:
            db.execute("UPDATE image_search.collections SET is_default = (name = %s)", (name,))

    def close(self) -> None:
        self._database.close()

    def _records(self) -> list[PgRecord]:
        with self._database.transaction() as db:
            return [PgRecord(*row) for row in db.execute(f"{_RECORD} ORDER BY key").fetchall()]

    def _collection(self, record: PgRecord) -> Collection:
        sampled = self._sampled.setdefault(record.key, SampledMoments())
        index = PgvectorIndex(record, self._database, self._hnsw_from, sampled)
        return Collection(record.name, record.encoder, index, record.catalogue)


def _create(db: Db, name: str, encoder: str, dimension: int, catalogue: str | None) -> PgRecord | None:
    """A new collection, empty; `None` when there's one of this name, or another service makes it just now."""
    there: Any = db.execute("SELECT 1 FROM image_search.collections WHERE name = %s", (name,)).fetchone()
    if there is not None:
        return None
    inserted = db.execute(
        "INSERT INTO image_search.collections (name, encoder, dimension, catalogue) VALUES (%s, %s, %s, %s) "
        "ON CONFLICT (name) DO NOTHING RETURNING key",
        (name, encoder, dimension, catalogue),
    ).fetchone()
    if inserted is None:
        return None
    for statement in pgvector_sql.create(inserted[0], dimension):
        db.execute(statement)
    return PgRecord(inserted[0], name, encoder, dimension, 0, False, catalogue)
