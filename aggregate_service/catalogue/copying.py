"""The whole catalogue copied: out of a running one into a file, and from a file into an empty database."""

import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select, text

from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.file_copy import copy_file
from aggregate_service.catalogue.pictures import batched, take_ids, take_turns
from aggregate_service.catalogue.tables import api_keys, metadata, roots, settings

log = logging.getLogger("aggregate.moving")
_AT_ONCE = 2_000
_COUNTED = (roots, api_keys)  # PostgreSQL gives their ids by itself


def move_in(database: Database, catalog_path: Path) -> bool:
    """A catalogue in SQLite moves to PostgreSQL, once; the file stays as it is. True when it was copied."""
    if database.is_sqlite or not catalog_path.is_file():
        return False
    if copied := fill_empty(database, catalog_path):
        log.warning("the catalogue of %s was copied to PostgreSQL, which is used from now on", catalog_path)
    return copied


def fill_empty(database: Database, file: Path, also: Callable[[Connection], None] = lambda _db: None) -> bool:
    """Ids, labels, deletions, keys and jobs of the SQLite file, all or nothing, and what `also` writes.

    False, and nothing changes, when the database holds a catalogue already.
    """
    with database.transaction() as db:
        take_turns(db)
        if not is_empty(db):
            return False
        older = Database(sqlite_url(file))
        try:
            with older.reading() as source:
                _copy(source, db)
        finally:
            older.close()
        also(db)
    return True


def is_empty(db: Connection) -> bool:
    """No picture was ever added to it, nor a folder."""
    return take_ids(db, 0).start == 0 and not db.scalar(select(func.count()).select_from(roots))


def write_copy(database: Database, file: Path) -> None:
    """The catalogue as it is at one moment, as a SQLite file; others go on reading and writing meanwhile."""
    if database.is_sqlite:
        copy_file(Path(str(database.url.database)), file)
        return
    copy = Database(sqlite_url(file))
    try:
        with database.reading() as source, copy.transaction() as db:
            _copy(source, db)
    finally:
        copy.close()


def _copy(source: Connection, db: Connection) -> None:
    db.execute(delete(settings))
    for table in metadata.sorted_tables:
        rows = source.execute(select(table)).yield_per(_AT_ONCE).mappings()
        for some in batched(rows, _AT_ONCE):
            db.execute(insert(table), [dict(row) for row in some])
    if db.dialect.name == "postgresql":
        _count_on(db)


def _count_on(db: Connection) -> None:
    for table in _COUNTED:
        highest = db.scalar(select(func.max(table.c.id)))
        if highest is not None:
            counter = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :id)")
            db.execute(counter, {"table": table.name, "id": highest})
