"""Connections to PostgreSQL: a pool, and what psycopg's errors mean to those who search."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import psycopg
from pgvector.psycopg import register_vector
from psycopg_pool import ConnectionPool

from search_service.engines.circuit_breaker import AwayGate
from search_service.engines.pgvector.schema import migrate
from search_service.errors import EngineSlow, EngineUnfit, StorageFull, UnusableSettings
from service_kit.postgres.failures import Failure, failure_of, first_line
from service_kit.postgres.frozen_watch import PATIENCE
from service_kit.postgres.postgres import Db, Postgres

_NAME = "PostgreSQL"
_STATEMENT_SECONDS = 30
_TRANSACTION_SECONDS = 60.0


class VectorDatabase:
    """Any thread may ask for a connection; broken ones are replaced unseen, so a restart mends itself."""

    def __init__(self, url: str, connections: int, patience: float = PATIENCE) -> None:
        """`EngineAway` when the server can't be reached, `EngineUnfit` when it can't do what is needed;
        `UnusableSettings` for what is no address at all.
        """
        self._gate = AwayGate(_NAME)
        try:
            self._postgres = Postgres(url, patience=patience, on_silence=self._gate.away)
        except psycopg.ProgrammingError as error:
            raise UnusableSettings(
                "SEARCH_DATABASE_URL is no address of a PostgreSQL database: write it as "
                "postgresql://user:password@host/database, then restart."
            ) from error
        with ExitStack() as opening:
            opening.enter_context(closing(self._postgres))
            with self.alone() as db:
                migrate(db)
            opening.pop_all()
        self._pool = ConnectionPool(
            self._postgres.conninfo,
            min_size=1,
            max_size=connections,
            timeout=1.5,
            reconnect_timeout=2,
            configure=_configure,
            check=self._check,
            kwargs={"autocommit": True},
            open=True,
        )

    def close(self) -> None:
        self._pool.close(timeout=2)
        self._postgres.close()

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """A connection of the pool for one transaction: all or nothing, durable when it has returned."""
        with (
            self._gate.passing(),
            self._understood(),
            self._pool.connection() as db,
            self._postgres.watched(db, _TRANSACTION_SECONDS),
            db.transaction(),
        ):
            yield db

    @contextmanager
    def alone(self) -> Iterator[Db]:
        """A connection outside the pool and outside any transaction, for what takes long."""
        with self._understood(), self._postgres.connect(autocommit=True) as db, self._postgres.watched(db):
            yield db

    def _check(self, db: Db) -> None:
        with self._postgres.checking(db):
            ConnectionPool.check_connection(db)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            match failure_of(error):
                case Failure.FULL:
                    raise StorageFull from error
                case Failure.SLOW:
                    raise EngineSlow(_NAME, _STATEMENT_SECONDS) from error
                case Failure.UNFIT:
                    raise EngineUnfit(f"PostgreSQL refuses: {first_line(error)}.") from error
                case None if not isinstance(error, psycopg.OperationalError):
                    raise
            raise self._gate.away(error) from error


def _configure(db: Db) -> None:
    """Every connection: vectors as numpy arrays, iterative scans, and a place for what is being written."""
    register_vector(db)
    db.execute(f"SET statement_timeout = '{_STATEMENT_SECONDS}s'")
    db.execute("SET hnsw.iterative_scan = relaxed_order")
    db.execute("CREATE TEMP TABLE incoming (id bigint, vector vector) ON COMMIT DELETE ROWS")
