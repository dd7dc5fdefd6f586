"""The launcher of `make run` as tests drive it: its output read as it comes, its services found by name."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2

from tests.ports import free_port
from tests.system.pictures import jpeg

UNREACHABLE = "http://127.0.0.1:9"


class Launcher:
    """The launcher as a process of its own; its output is read as it comes."""

    def __init__(self, tmp_path: Path, given: Mapping[str, str]) -> None:
        self.ports = {8000: free_port(), 8001: free_port(), 8002: free_port()}
        self.port = self.ports[8000]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path.cwd()),
            "IMAGE_SEARCH_HOME": str(tmp_path),
            "HF_ENDPOINT": UNREACHABLE,
            "COCO128_URL": f"{UNREACHABLE}/coco128.zip",
            "AGG_FASTAPI_PORT": str(self.ports[8000]),
            "SEARCH_FASTAPI_PORT": str(self.ports[8001]),
            "EMBEDDING_FASTAPI_PORT": str(self.ports[8002]),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "aggregate_service.local"],
            cwd=tmp_path,
            env=environment | dict(given),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # As in a terminal: what a shell runs in the background ignores Ctrl-C, and would pass that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.lines: list[str] = []
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    @property
    def said(self) -> str:
        return "".join(self.lines)

    def wait_for(self, words: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.said:
            if self.process.poll() is not None:
                self._reader.join(60)  # what it said last comes a moment later
                assert words in self.said, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

    def services(self) -> dict[str, int]:
        """The process of each service that runs, by the service's name."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = {}
        for child in children:
            with suppress(OSError, StopIteration):  # it has just ended, or isn't a service
                arguments = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                found[next(name for name in arguments if name.endswith("_service"))] = int(child)
        return found

    def is_ready(self) -> bool:
        """Whether each service says so."""
        try:
            urls = [f"http://127.0.0.1:{port}/readyz" for port in self.ports.values()]
            return all(httpx2.get(url, timeout=60).status_code == 200 for url in urls)
        except httpx2.HTTPError:
            return False

    def get(self, path: str, **query: Any) -> Any:
        """What the aggregate answers a program, by its status code and as JSON."""
        answer = httpx2.get(f"http://127.0.0.1:{self.port}{path}", params=query, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def stored(self) -> list[int]:
        """Every id that the search service holds."""
        url = f"http://127.0.0.1:{self.ports[8001]}/collections"
        (collection,) = httpx2.get(url, timeout=60).json()["collections"]
        ids = httpx2.get(f"{url}/{collection['name']}/ids", params={"limit": 10_000}, timeout=60).json()[
            "ids"
        ]
        return sorted(ids)

    def wait(self) -> int:
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(10)
            assert self.process.stdout is not None
            self.process.stdout.close()


@contextmanager
def launched(tmp_path: Path, **given: str) -> Iterator[Launcher]:
    launcher = Launcher(tmp_path, given)
    try:
        yield launcher
    finally:
        if launcher.process.poll() is None:
            launcher.interrupt()


def ask(port: int, number: int) -> list[str]:
    answer = httpx2.post(f"http://127.0.0.1:{port}/", files={"files": jpeg(number)}, timeout=20)
    assert answer.status_code == 200, answer.text
    return [hit["path"] for hit in answer.json()["results"][0]["similar"]]
