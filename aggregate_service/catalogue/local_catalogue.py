"""This machine's catalogue, looked at from beside the service; never made where there is none."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.config import Settings
from aggregate_service.jobs.portable import Portable


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """`sqlite3.Error` when there is no such database, or none that can be read."""
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
    try:
        yield db
    finally:
        db.close()


def catalogue_file(settings: Settings) -> Path | None:
    """The catalogue's SQLite file, whether it is there or not; None where it is in PostgreSQL."""
    url = make_url(settings.database)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def indexed_folders(settings: Settings) -> list[Path]:
    """The folders that are indexed in place, the configured one, and the service's own copies."""
    found: list[Path] = []
    file = catalogue_file(settings)
    if file is not None and file.is_file():
        with suppress(sqlite3.Error), reading(file) as db:
            rows = db.execute("SELECT path FROM roots WHERE path <> '' ORDER BY id").fetchall()
            found = [Path(row[0]) for row in rows]
    return [*found, settings.images_dir, settings.upload_dir]


def counts(path: Path) -> tuple[int, dict[str, int]]:
    """How many pictures there are, and how many of them are marked as indexed in each collection."""
    with reading(path) as db:
        (pictures,) = db.execute("SELECT count(*) FROM pictures").fetchone()
        rows = db.execute("SELECT collection, count(*) FROM indexed GROUP BY collection").fetchall()
    return int(pictures), {str(name): int(count) for name, count in rows}


def portable_list(settings: Settings, collection: str) -> bytes:
    """What `image_paths.json` holds for the collection now; the file itself stays as it is."""
    catalog = Catalog(Database(settings.database))
    beside = settings.images_path_file.with_name(f".{settings.images_path_file.name}.export")
    try:
        gallery = Gallery(catalog, settings.images_dir)
        Portable(catalog, gallery, beside, settings.upload_dir).export(collection)
        return beside.read_bytes()
    finally:
        beside.unlink(missing_ok=True)
        catalog.close()
