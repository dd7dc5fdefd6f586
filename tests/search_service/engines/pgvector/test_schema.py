"""The database's version: steps run once, all or none, and a newer database is left alone."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from search_service.errors import EngineUnfit
from tests.search_service.real_engines import PostgresServer


@pytest.fixture
def db(postgres: PostgresServer) -> Iterator[Any]:
    import psycopg

    with psycopg.connect(postgres.database(), autocommit=True) as connection:
        yield connection


def versions(db: Any) -> list[int]:
    rows = db.execute("SELECT version FROM image_search.migrations ORDER BY version").fetchall()
    return [row[0] for row in rows]


def test_steps_run_once_and_in_order(db: Any) -> None:
    from search_service.engines.pgvector.schema import migrate

    first, second = "CREATE TABLE image_search.a (x int)", "ALTER TABLE image_search.a ADD y int"
    assert migrate(db, (first,)) == 1
    db.execute("INSERT INTO image_search.a (x) VALUES (1)")
    for _start in range(2):
        assert migrate(db, (first, second)) == 2
        assert versions(db) == [1, 2]
    assert db.execute("SELECT x, y FROM image_search.a").fetchall() == [(1, None)]


def test_a_step_that_fails_leaves_nothing_behind(db: Any) -> None:
    import psycopg

    from search_service.engines.pgvector.schema import migrate

    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(db, ("CREATE TABLE image_search.a (x int)", "nonsense"))
    assert db.execute("SELECT to_regclass('image_search.a')").fetchone() == (None,)


def test_a_newer_database_is_refused(db: Any) -> None:
    from search_service.engines.pgvector.schema import MIGRATIONS, migrate

    migrate(db)
    db.execute("INSERT INTO image_search.migrations (version) VALUES (99)")
    with pytest.raises(EngineUnfit, match=f"version 99.*knows up to {len(MIGRATIONS)}"):
        migrate(db)


def test_collections_from_before_there_were_owners_have_none(postgres: PostgresServer) -> None:
    import psycopg

    from search_service.engines.pgvector.backend import PgvectorBackend
    from search_service.engines.pgvector.schema import MIGRATIONS, migrate

    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as db:
        migrate(db, MIGRATIONS[:2])
        db.execute("INSERT INTO image_search.collections (name, encoder, dimension) VALUES ('c', 'e', 8)")
    with closing(PgvectorBackend(url, connections=2, hnsw_from=0)) as backend:
        assert backend.named("c").catalogue is None


def test_a_user_without_the_right_to_create_is_told(postgres: PostgresServer) -> None:
    import psycopg

    from search_service.engines.pgvector.connection import VectorDatabase

    url = postgres.database()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("CREATE EXTENSION vector")
        db.execute("CREATE ROLE poor LOGIN")
    with pytest.raises(EngineUnfit, match="PostgreSQL refuses: permission denied"):
        VectorDatabase(url.replace("postgres:@", "poor:@"), connections=1)
