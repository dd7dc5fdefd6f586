"""One PostgreSQL server: how connections to it are made, and who watches them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil, inf
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from service_kit.postgres.frozen_watch import PATIENCE, FrozenWatch

Db = psycopg.Connection[Any]
_CHECK_SECONDS = 1.0
_LEAST_SECONDS = 2  # that libpq tries to connect
_NETWORK: dict[str, Any] = {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 5000,
    "application_name": "image-search",
}


class Postgres:
    """Any thread may use it. Where it freezes, whoever waits hears a `psycopg.OperationalError`."""

    def __init__(
        self,
        address: str,
        *,
        options: str = "",
        patience: float = PATIENCE,
        on_silence: Callable[[psycopg.OperationalError], object] = lambda _error: None,
    ) -> None:
        """`psycopg.ProgrammingError` for what is no address; nothing is connected yet.

        `on_silence` hears why it is taken to be frozen.
        """
        self.conninfo = make_conninfo(address, **_NETWORK, **({"options": options} if options else {}))
        self._on_silence = on_silence
        # As long again: a machine that is busy with other things begins slowly with a new connection, too.
        self._alive_seconds = max(_LEAST_SECONDS, ceil(patience))
        self._watch = FrozenWatch(self._is_alive, patience)

    def close(self) -> None:
        self._watch.close()

    def connect(self, **settings: Any) -> Db:
        return psycopg.connect(self.conninfo, **settings)

    @contextmanager
    def watched(self, db: Db, at_most: float = inf) -> Iterator[None]:
        """For as long as somebody waits on it; after `at_most` seconds it is cut in any case."""
        with self._watch.over(db, at_most):
            yield

    @contextmanager
    def checking(self, db: Db) -> Iterator[None]:
        """Around the question whether a pooled connection still works: an answer within moments, or none."""
        with self._watch.over(db, _CHECK_SECONDS):
            yield

    def _is_alive(self) -> bool:
        """Whether a new connection is answered."""
        try:
            psycopg.connect(self.conninfo, connect_timeout=self._alive_seconds).close()
        except psycopg.OperationalError as error:
            self._on_silence(error)
            return False
        return True
