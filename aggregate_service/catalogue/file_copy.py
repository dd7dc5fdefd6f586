"""A SQLite database copied while others read and write it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from aggregate_service.errors import DatabaseAway
from aggregate_service.files.durable import sync_folder


def copy_file(database: Path, copy: Path) -> None:
    """As it is at one moment, its log included, by SQLite's own backup; whole, or not there."""
    aside = copy.with_name(f"{copy.name}.part")
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(aside)) as target:
            target.execute("PRAGMA synchronous = FULL")
            source.backup(target)
        aside.replace(copy)
        sync_folder(copy.parent)
    except (sqlite3.Error, OSError) as error:
        raise DatabaseAway(f"{copy}: {error}") from error
    finally:
        aside.unlink(missing_ok=True)
