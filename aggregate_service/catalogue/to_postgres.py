"""The catalogue moves to PostgreSQL: what the SQLite file holds is copied into an empty database, once."""

import logging
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, text

from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.pictures import batched, take_ids, take_turns
from aggregate_service.catalogue.tables import metadata, roots, settings

log = logging.getLogger("aggregate.moving")
_AT_ONCE = 2_000


def move_in(database: Database, catalog_path: Path) -> bool:
    """Ids, labels, deletions and jobs come along; the file stays as it is. True when anything was copied."""
    if database.is_sqlite or not catalog_path.is_file():
        return False
    with database.transaction() as db:
        take_turns(db)
        if take_ids(db, 0).start != 0 or db.scalar(select(func.count()).select_from(roots)):
            return False
        older = Database(sqlite_url(catalog_path))
        try:
            with older.reading() as file:
                _copy(file, db)
        finally:
            older.close()
    log.warning("the catalogue of %s was copied to PostgreSQL, which is used from now on", catalog_path)
    return True


def _copy(file: Connection, db: Connection) -> None:
    db.execute(delete(settings))
    for table in metadata.sorted_tables:
        rows = file.execute(select(table)).yield_per(_AT_ONCE).mappings()
        for some in batched(rows, _AT_ONCE):
            db.execute(insert(table), [dict(row) for row in some])
    highest = db.scalar(select(func.max(roots.c.id)))
    if highest is not None:
        db.execute(text("SELECT setval(pg_get_serial_sequence('roots', 'id'), :id)"), {"id": highest})
