"""The aggregate service in a process of its own, whose memory can be watched."""

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from service_kit.server import configuration
from tests.aggregate_service.conftest import new_world
from tests.ports import free_port
from tests.security.services import Site
from tests.waiting import wait_until


def serve(folder: Path, port: int) -> None:
    world = new_world(folder)
    world.index(label="Colours", notice="")
    asyncio.run(uvicorn.Server(configuration(world.make_app(), "127.0.0.1", port)).serve())


@contextmanager
def measured(folder: Path) -> Iterator[tuple[Site, "Memory"]]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(folder, port))
    process.start()
    site = Site("aggregate", port, FastAPI())
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

    def now(self) -> int:
        return self._read("VmRSS:")

    def peak(self) -> int:
        return self._read("VmHWM:")

    def _read(self, name: str) -> int:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith(name))
        return int(line.split()[1]) * 1024


def _answers(site: Site) -> bool:
    try:
        return site.ask("GET", "/readyz").status == 200
    except OSError:
        return False
