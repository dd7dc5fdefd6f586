"""The services as processes of their own on free ports, and how much memory each of them takes."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

from aggregate_service.local.idle_threads import SLEEP
from benchmarks.machine import memory_bytes, processor_seconds

_EVERY_SECONDS = 0.5


class RunningServices:
    """Started one by one with `start`; all stopped when `running` ends."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        names = ("embedding_service", "search_service", "aggregate_service")
        self.ports = {name: _free_port() for name in names}
        self.environment = (
            dict(os.environ)
            | SLEEP  # as `make run` starts them
            | {
                "LOG_LEVEL": "WARNING",
                "EMBEDDING_FASTAPI_PORT": str(self.ports["embedding_service"]),
                "SEARCH_FASTAPI_PORT": str(self.ports["search_service"]),
                "AGG_FASTAPI_PORT": str(self.ports["aggregate_service"]),
                "EMBEDDING_API_URL": self.url("embedding_service"),
                "SEARCH_API_URL": self.url("search_service"),
                "IMAGE_SEARCH_URL": self.url("aggregate_service"),
                "CATALOG_PATH": str(folder / "catalog.db"),
                "IMAGES_PATH_FILE": str(folder / "image_paths.json"),
                "INDEX_SAVE_PATH": str(folder / "index.faiss"),
                "SEARCH_DATA_DIR": str(folder / "search"),
                "THUMBNAILS_DIR": str(folder / "thumbnails"),
                "UPLOAD_DIR": str(folder / "uploads"),
            }
            | dict(environment)
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, name: str, seconds: float = 300, path: str = "/readyz") -> dict[str, Any]:
        """What it says there when it is ready."""
        self.processes[name] = subprocess.Popen([sys.executable, "-m", name], env=self.environment)
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.processes[name].poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url(name)}{path}", timeout=5) as answer:
                    said: dict[str, Any] = json.load(answer)
                    return said
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"{name} isn't ready")

    def processor_seconds(self) -> dict[str, float]:
        """What each service has used of the processor until now."""
        return {name: processor_seconds(process.pid) for name, process in self.processes.items()}

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.terminate()
            process.wait(60)


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[RunningServices]:
    services = RunningServices(folder, environment)
    try:
        yield services
    finally:
        services.stop()


class MemoryWatch:
    """What processes hold that no file backs, looked at twice a second while they work."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = dict(processes)
        self._seen: dict[str, list[int]] = {name: [] for name in processes}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def megabytes(self) -> dict[str, dict[str, int]]:
        """Each process's median in the second tenth of the time, and in the last one; and its peak."""
        told = {}
        for name, seen in self._seen.items():
            seen = seen or [0]
            tenth = max(1, len(seen) // 10)
            parts = {"early": median(seen[tenth : 2 * tenth] or seen), "late": median(seen[-tenth:])}
            told[name] = {part: round(value / 1e6) for part, value in (parts | {"peak": max(seen)}).items()}
        return told

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        for name, process in self._processes.items():
            with suppress(OSError):  # it ended while we looked
                if (held := memory_bytes(process=process)) > 0:
                    self._seen[name].append(held)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
