"""Both kinds of database, each empty: the parameters of the catalogue's conformance tests."""

from pathlib import Path

import pytest

from aggregate_service.catalogue.database import SCHEMA, sqlite_url
from tests.search_service.real_engines import PostgresServer


def empty_sqlite(folder: Path) -> str:
    return str(sqlite_url(folder / "new" / "catalog.db"))


def empty_postgres(server: PostgresServer) -> str:
    psycopg = pytest.importorskip("psycopg")
    url = server.database("catalogue")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    return url
