"""Connections to PostgreSQL: a pool, and what psycopg's errors mean to those who search."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from math import inf
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from search_service.engines.circuit_breaker import AwayGate
from search_service.engines.pgvector.schema import migrate
from search_service.engines.pgvector.stall_watch import PATIENCE, FrozenWatch
from search_service.errors import EngineSlow, EngineUnfit, StorageFull, UnusableSettings

Db = psycopg.Connection[Any]
_NAME = "PostgreSQL"
_STATEMENT_SECONDS = 30
_TRANSACTION_SECONDS = 60.0
_CHECK_SECONDS = 1.0
_NETWORK: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
    "application_name": "image-search",
}


class Postgres:
    """Any thread may ask for a connection; broken ones are replaced unseen, so a restart mends itself."""

    def __init__(self, url: str, connections: int, patience: float = PATIENCE) -> None:
        """`EngineAway` when the server can't be reached, `EngineUnfit` when it can't do what is needed;
        `UnusableSettings` for what is no address at all.
        """
        try:
            self._url = make_conninfo(url, **_NETWORK)
        except psycopg.ProgrammingError as error:
            raise UnusableSettings(
                "SEARCH_DATABASE_URL is no address of a PostgreSQL database: write it as "
                "postgresql://user:password@host/database, then restart."
            ) from error
        self._gate = AwayGate(_NAME)
        with ExitStack() as opening:
            self._watch = opening.enter_context(closing(FrozenWatch(self._is_alive, patience)))
            with self.alone() as db:
                migrate(db)
            opening.pop_all()
        self._pool = ConnectionPool(
            self._url,
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
        self._watch.close()

    @contextmanager
    def transaction(self) -> Iterator[Db]:
        """A connection of the pool for one transaction: all or nothing, durable when it has returned."""
        with (
            self._gate.passing(),
            self._understood(),
            self._pool.connection() as db,
            self._watch.over(db, _TRANSACTION_SECONDS),
            db.transaction(),
        ):
            yield db

    @contextmanager
    def alone(self) -> Iterator[Db]:
        """A connection outside the pool and outside any transaction, for what takes long."""
        with self._understood(), psycopg.connect(self._url, autocommit=True) as db, self._watch.over(db, inf):
            yield db

    def _check(self, db: Db) -> None:
        """Before a connection of the pool is used: an answer within moments, or another connection."""
        with self._watch.over(db, _CHECK_SECONDS):
            ConnectionPool.check_connection(db)

    def _is_alive(self) -> bool:
        """Whether a new connection is answered, which `connect_timeout` bounds."""
        try:
            psycopg.connect(self._url).close()
        except psycopg.OperationalError as error:
            self._gate.away(error)
            return False
        return True

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except errors.DiskFull as error:
            raise StorageFull from error
        except errors.QueryCanceled as error:
            raise EngineSlow(_NAME, _STATEMENT_SECONDS) from error
        except errors.InsufficientPrivilege as error:
            raise EngineUnfit(f"PostgreSQL refuses: {error.diag.message_primary}.") from error
        except (psycopg.OperationalError, errors.ReadOnlySqlTransaction) as error:
            raise self._gate.away(error) from error


def _configure(db: Db) -> None:
    """Every connection: vectors as numpy arrays, iterative scans, and a place for what is being written."""
    register_vector(db)
    db.execute(f"SET statement_timeout = '{_STATEMENT_SECONDS}s'")
    db.execute("SET hnsw.iterative_scan = relaxed_order")
    db.execute("CREATE TEMP TABLE incoming (id bigint, vector vector) ON COMMIT DELETE ROWS")
