"""The database below the catalogue and the jobs: SQLite, or PostgreSQL; brought up to date when opened."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from aggregate_service.catalogue.migrating import migrate
from aggregate_service.catalogue.pictures import take_turns
from aggregate_service.errors import DatabaseAway, DatabaseUnfit
from service_kit.messages.message import message
from service_kit.postgres.failures import Failure, failure_of, first_line

SCHEMA = "image_catalog"
_READING = "reading"
_WAIT_SECONDS = 30  # for another process's write to end, in SQLite
_CONNECTIONS = 16


class Database:
    """Any thread may use it; each has a connection of its own while it is in a transaction."""

    def __init__(self, url: str | URL, **watching: float) -> None:
        """`DatabaseAway` when it can't be reached, `DatabaseUnfit` when it can't be used.

        `watching` is how a PostgreSQL is watched: `patience`, in seconds.
        """
        self.url = _understood(url)
        self._closed = False
        self._here = threading.local()
        # In SQLite only one writes: our own threads take turns without its sleeps.
        self._turn: AbstractContextManager[object] = threading.RLock() if self.is_sqlite else nullcontext()
        self._engine, self._stop_watching = (
            (_sqlite(self.url), _nothing) if self.is_sqlite else _postgresql(self.url, **watching)
        )
        self._reading_options: dict[str, Any] = {_READING: True}
        if not self.is_sqlite:
            self._reading_options["isolation_level"] = "REPEATABLE READ"
        with ExitStack() as failing:
            failing.callback(self.close)
            self._bring_up_to_date()
            failing.pop_all()

    def _bring_up_to_date(self) -> None:
        try:
            with self._called():
                migrate(self._engine, None if self.is_sqlite else SCHEMA)
        except ProgrammingError as error:
            raise DatabaseUnfit(first_line(error.orig)) from error

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """At once; what is under way in other threads goes on, and closes its connection at its end."""
        self._closed = True
        self._engine.pool.dispose()
        self._stop_watching()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All or nothing, durable when it has returned; may be nested in a thread, the outermost decides."""
        if (outer := self._current()) is not None:
            if outer.get_execution_options().get(_READING):
                raise RuntimeError("a write can't begin inside `reading()`")
            yield outer
        else:
            with self._turn, self._begun() as connection:
                yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that adds, merges or removes pictures: one at a time, in all processes."""
        with self.transaction() as connection:
            take_turns(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A view of the database that no writer changes or waits for; inside a transaction, that one."""
        if (outer := self._current()) is not None:
            yield outer
        else:
            with self._begun(reading=True) as connection:
                yield connection

    def _current(self) -> Connection | None:
        return getattr(self._here, "connection", None)

    @contextmanager
    def _begun(self, reading: bool = False) -> Iterator[Connection]:
        with self._called(), self._connected() as connection:
            connection.execution_options(**(self._reading_options if reading else {}))
            with connection.begin():
                self._here.connection = connection
                try:
                    yield connection
                finally:
                    self._here.connection = None

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        finally:
            if self._closed:  # meanwhile; the pool would keep it
                self._engine.pool.dispose()

    @contextmanager
    def _called(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionFree as error:
            raise DatabaseAway(message("database-busy")) from error
        except DBAPIError as error:
            if failure_of(error.orig) is Failure.UNFIT:
                raise DatabaseUnfit(first_line(error.orig)) from error
            to_blame = failure_of(error.orig) is Failure.TOO_LARGE
            if to_blame or isinstance(error, DataError | IntegrityError | ProgrammingError):
                raise
            raise DatabaseAway(first_line(error.orig)) from error
        except sqlite3.Error as error:  # from the pragmas, which SQLAlchemy doesn't make
            raise DatabaseAway(first_line(error)) from error


def _nothing() -> None:
    """SQLite has nobody to watch."""


def sqlite_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _understood(url: str | URL) -> URL:
    try:
        made = make_url(url)
    except ArgumentError as error:
        raise DatabaseUnfit(message("database-address")) from error
    match made.drivername:
        case "postgres" | "postgresql":
            return made.set(drivername="postgresql+psycopg")
        case "sqlite" | "postgresql+psycopg":
            return made
    raise DatabaseUnfit(message("database-unsupported", kind=made.drivername))


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise DatabaseUnfit(message("database-in-memory"))
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=-1,
        connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, **watching: float) -> tuple[Engine, Callable[[], None]]:
    try:
        import psycopg

        from aggregate_service.catalogue.postgresql import watched_engine
    except ImportError as error:
        raise DatabaseUnfit(message("database-driver-missing")) from error
    options = f"-c search_path={SCHEMA} -c statement_timeout=60s -c timezone=UTC"
    try:
        return watched_engine(url, _CONNECTIONS, options, **watching)
    except psycopg.ProgrammingError as error:  # before anything is connected: an option that isn't one
        raise DatabaseUnfit(f"DATABASE_URL: {first_line(error)}") from None
