"""SQLAlchemy over the one way to PostgreSQL: each connection is checked and watched while it is in use."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from service_kit.postgres.frozen_watch import PATIENCE
from service_kit.postgres.postgres import Db, Postgres

_WATCH = "watch"
_IS_NEW = "is new"


def watched_engine(
    url: URL, connections: int, options: str, patience: float = PATIENCE
) -> tuple[Engine, Callable[[], None]]:
    """The engine, and what ends the watch over its connections."""
    engine = create_engine(url, pool_size=connections // 2, max_overflow=connections // 2, pool_timeout=5)
    _, arguments = engine.dialect.create_connect_args(url)
    context = arguments.pop("context", None)
    postgres = Postgres(make_conninfo(**arguments), options=options, patience=patience)

    @event.listens_for(engine, "do_connect")
    def connect(*_arguments: Any) -> Db:
        return postgres.connect(context=context)

    @event.listens_for(engine, "connect")
    def note(_db: Db, record: Any) -> None:
        record.info[_IS_NEW] = True

    @event.listens_for(engine, "checkout")
    def check(db: Any, record: Any, _proxy: Any) -> None:
        try:
            if not record.info.pop(_IS_NEW, False):  # that it was made is answer enough
                with postgres.checking(db):
                    engine.dialect.do_ping(db)
        except psycopg.Error as error:
            raise InvalidatePoolError from error
        record.info[_WATCH] = watch = ExitStack()
        watch.enter_context(postgres.watched(db))

    @event.listens_for(engine, "checkin")
    def check_in(_db: Db | None, record: Any) -> None:
        if (watch := record.info.pop(_WATCH, None)) is not None:
            watch.close()

    return engine, postgres.close
