"""A PostgreSQL that stands still (SIGSTOP): whoever waits for the catalogue hears so, and it mends itself."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import text

from aggregate_service.catalogue.database import Database
from aggregate_service.errors import DatabaseAway, DatabaseUnfit
from tests.aggregate_service.databases import empty_postgres
from tests.search_service.real_engines import PostgresServer
from tests.waiting import wait_until


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return empty_postgres(postgres)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with closing(Database(url, patience=0.2)) as database:
        yield database


def ask(database: Database) -> int:
    with database.reading() as db:
        return int(db.scalar(text("SELECT count(*) FROM settings")) or 0)


def test_frozen_between_transactions(database: Database, postgres: PostgresServer) -> None:
    known = ask(database)
    with postgres.frozen(), ThreadPoolExecutor(1) as pool:
        for _time in range(2):
            with pytest.raises(DatabaseAway):
                pool.submit(ask, database).result(timeout=120)
    assert ask(database) == known


def test_frozen_in_the_middle_of_a_statement(database: Database, url: str, postgres: PostgresServer) -> None:
    known = ask(database)

    def write() -> None:
        with database.transaction() as db:
            db.execute(text("INSERT INTO settings VALUES ('a', 'b')"))

    with ThreadPoolExecutor(1) as pool, closing(Database(url)) as other, other.transaction() as holding:
        holding.execute(text("LOCK TABLE settings IN ACCESS EXCLUSIVE MODE"))
        writing = pool.submit(write)
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        wait_until(lambda: holding.scalar(waiting) == 1, "the write to wait for the lock")
        with postgres.frozen(), pytest.raises(DatabaseAway):
            writing.result(timeout=120)
    assert ask(database) == known


def test_a_restarted_server_is_met_with_new_connections(database: Database, postgres: PostgresServer) -> None:
    known = ask(database)
    postgres.stop()
    with pytest.raises(DatabaseAway):
        ask(database)
    postgres.start()
    assert ask(database) == known


def test_a_right_that_is_missing_is_said(database: Database, url: str) -> None:
    with database.transaction() as db:
        db.execute(text("DROP ROLE IF EXISTS reader"))
        db.execute(text("CREATE ROLE reader LOGIN"))
    with pytest.raises(DatabaseUnfit, match="permission denied"):
        Database(url.replace("postgres:@", "reader:@"))
