"""A service in a process of its own, whose memory can be watched."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from service_kit.server import configuration
from tests.ports import free_port
from tests.security.services import Site
from tests.waiting import wait_until


def serve(name: str, folder: Path, port: int) -> None:
    asyncio.run(uvicorn.Server(configuration(_app(name, folder), "127.0.0.1", port)).serve())


def _app(name: str, folder: Path) -> FastAPI:
    """Imported here: a process that serves one has no other's code in its memory."""
    if name == "search":
        from search_service.main import create_app as search_app
        from tests.search_service.samples import settings

        return search_app(settings(folder))
    if name == "embedding":
        from embedding_service.config import Settings
        from embedding_service.main import create_app as embedding_app
        from tests.embedding_service.fakes import FakeLibrary

        return embedding_app(Settings(_env_file=None, model=None, model_path=None), FakeLibrary())
    from tests.aggregate_service.conftest import new_world

    world = new_world(folder)
    world.index(label="Colours", notice="")
    return world.make_app()


@contextmanager
def measured(name: str, folder: Path) -> Iterator[tuple[Site, "Memory"]]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(name, folder, port))
    process.start()
    site = Site(name, port, FastAPI())
    try:
        wait_until(lambda: _answers(site), "the service to start")
        yield site, Memory(process.pid or 0)
    finally:
        process.terminate()
        process.join()


class Memory:
    """What a process holds, in bytes."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._forget = Path(f"/proc/{pid}/clear_refs")

    def now(self) -> int:
        return self._read("VmRSS:")

    def peak(self) -> int:
        return self._read("VmHWM:")

    def forget_peak(self) -> None:
        """From now on `peak` is that of what follows."""
        self._forget.write_text("5")

    def _read(self, name: str) -> int:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024


def _answers(site: Site) -> bool:
    try:
        return site.ask("GET", "/readyz").status == 200
    except OSError:
        return False
