"""Notices a PostgreSQL that has frozen: the connections stand, and nobody answers on them."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

import psycopg

Db = psycopg.Connection[Any]
LOOK_SECONDS = 0.5
PATIENCE = 4.0  # seconds of silence after which it is asked whether anybody is there


@dataclass(eq=False)
class _Wait:
    """Somebody waits on this connection; from `ask_at` on, whether anybody is there is asked."""

    db: Db
    ask_at: float
    end_at: float


class FrozenWatch:
    """Cuts connections on which nothing comes back, so that whoever waits on them hears an error.

    A timeout in the server ends a statement that takes too long; of a server that is stopped nothing ends
    anything. Work may be long, silence may not: after `patience` seconds `is_alive` is asked, which takes a
    new connection. Where nobody answers that either, every connection that has waited so long is cut.
    """

    def __init__(self, is_alive: Callable[[], bool], patience: float = PATIENCE) -> None:
        self._is_alive, self._patience = is_alive, patience
        self._lock = Lock()
        self._waits: set[_Wait] = set()
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="postgres-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()

    @contextmanager
    def over(self, db: Db, at_most: float) -> Iterator[None]:
        """Watch the connection for as long as this lasts; after `at_most` seconds it is cut in any case."""
        now = monotonic()
        wait = _Wait(db, now + self._patience, now + at_most)
        with self._lock:
            self._waits.add(wait)
        try:
            yield
        finally:
            with self._lock:  # from here on nothing touches its socket, which may soon be another's
                self._waits.discard(wait)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            now = monotonic()
            self._cut([wait for wait in self._waiting() if wait.end_at < now])
            due = [wait for wait in self._waiting() if wait.ask_at < now]
            if due and self._is_alive():
                for wait in due:
                    wait.ask_at = monotonic() + self._patience
            elif due:
                self._cut(due)

    def _waiting(self) -> list[_Wait]:
        with self._lock:
            return list(self._waits)

    def _cut(self, waits: list[_Wait]) -> None:
        with self._lock:
            for wait in self._waits.intersection(waits):
                self._waits.discard(wait)
                _shut_down(wait.db)


def _shut_down(db: Db) -> None:
    """Both directions end at once; the thread that waits on the socket sees that and cleans up."""
    try:
        twin = socket.socket(fileno=os.dup(db.pgconn.socket))
    except (psycopg.OperationalError, OSError):  # closed already
        return
    with twin:
        try:
            twin.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was faster
            return
