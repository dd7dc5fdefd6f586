"""Both kinds of database, each empty: the parameters of the catalogue's conformance tests."""

from pathlib import Path

from aggregate_service.catalogue.database import sqlite_url
from tests.search_service.real_engines import PostgresServer


def empty_sqlite(folder: Path) -> str:
    return str(sqlite_url(folder / "new" / "catalog.db"))


def empty_postgres(server: PostgresServer) -> str:
    return server.database("catalogue")
