"""The three services as processes over one data folder, any of which may be killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import httpx2

from tests.ports import free_port
from tests.waiting import wait_until

SERVICES = ("embedding_service", "search_service", "aggregate_service")


class Installation:
    """`watched` are folders that the aggregate service follows; `database_url` empty: SQLite."""

    def __init__(
        self, folder: Path, watched: Sequence[Path], link_host: str = "", database_url: str = ""
    ) -> None:
        ports = [free_port() for _ in SERVICES]
        self.urls = {name: f"http://127.0.0.1:{port}" for name, port in zip(SERVICES, ports, strict=True)}
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(Path.cwd()),
            "IMAGE_SEARCH_HOME": str(folder),
            "LOG_LEVEL": "WARNING",
            "EMBEDDING_MODEL": "color-layout",
            "EMBEDDING_FASTAPI_PORT": str(ports[0]),
            "SEARCH_FASTAPI_PORT": str(ports[1]),
            "AGG_FASTAPI_PORT": str(ports[2]),
            "EMBEDDING_API_URL": self.urls["embedding_service"],
            "SEARCH_API_URL": self.urls["search_service"],
            "DATABASE_URL": database_url,
            "IMAGES_DIR": str(watched[0]),
            "WATCH_FOLDERS": os.pathsep.join(map(str, watched)),
            "ALLOWED_LINK_HOSTS": link_host,
            "INDEX_BATCH": "16",
            "SEARCH_SNAPSHOT_SECONDS": "1",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills = dict.fromkeys(SERVICES, 0)

    def start(self, name: str) -> None:
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", name],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def start_all(self, seconds: float = 120) -> float:
        """How many seconds it took until all were ready."""
        began = time.monotonic()
        for name in SERVICES:
            self.start(name)
        for name in SERVICES:
            while not self.is_ready(name):
                assert time.monotonic() < began + seconds, self.said(name)
                time.sleep(0.1)
        return time.monotonic() - began

    def kill_and_restart(self, name: str) -> None:
        """A process that ended by itself is an error: only we may end one."""
        self._end(name, signal.SIGKILL)
        self.kills[name] += 1
        self.start(name)

    def stop_and_restart(self, name: str) -> None:
        self._end(name, signal.SIGTERM)
        self.start(name)

    def wait_until_ready(self, seconds: float = 120) -> None:
        for name in SERVICES:
            wait_until(partial(self.is_ready, name), f"{name} to be ready", seconds)

    def stop(self) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def is_ready(self, name: str) -> bool:
        try:
            return httpx2.get(f"{self.urls[name]}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx2.HTTPError:
            return False

    def get(self, path: str, **query: Any) -> Any:
        """JSON of the aggregate service."""
        return self._get("aggregate_service", path, query)

    def stored_ids(self) -> list[int]:
        """Every id that the search service holds, in all collections."""
        listed = self._get("search_service", "/collections", {})["collections"]
        assert len(listed) == 1, listed
        path = f"/collections/{listed[0]['name']}/ids"
        ids: list[int] = self._get("search_service", path, {"limit": 100_000})["ids"]
        return ids

    def ask(self, method: str, path: str, **content: Any) -> Any:
        """What the aggregate service answers, which must be a success."""
        url = f"{self.urls['aggregate_service']}{path}"
        answer = httpx2.request(method, url, timeout=60, trust_env=False, **content)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def said(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()[-3000:]

    def _end(self, name: str, sign: signal.Signals) -> None:
        process = self._processes[name]
        assert process.poll() is None, f"{name} ended by itself: {self.said(name)}"
        process.send_signal(sign)
        process.wait()

    def _get(self, service: str, path: str, query: dict[str, Any]) -> Any:
        answer = httpx2.get(f"{self.urls[service]}{path}", params=query, timeout=60, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()
