"""`make run` with three real processes: from a folder of pictures to a search, and a clean stop."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx2
import pytest

from tests.system.pictures import jpeg, write_gallery

UNREACHABLE = "http://127.0.0.1:9"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


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
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def interrupt(self) -> int:
        """Ctrl-C, and the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.wait()

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


def test_a_folder_is_served_in_place_and_the_next_start_knows_it(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 9)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with launched(tmp_path, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        assert f"http://localhost:{launcher.port}" in launcher.said
        assert "Encoder: mini" in launcher.said
        paths = ask(launcher.port, 5)
        assert paths[0] == "005.jpg"
        assert len(paths) == 5
        assert launcher.interrupt() == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{launcher.port}/healthz")
    (folder / "005.jpg").rename(folder / "moved.jpg")
    with launched(tmp_path, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        assert "1 new, 0 changed, 1 removed" in launcher.said
        assert ask(launcher.port, 5)[0] == "moved.jpg"
    (folder / "moved.jpg").rename(folder / "005.jpg")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_model_asked_for_by_name_has_no_silent_fallback(tmp_path: Path) -> None:
    with launched(tmp_path, EMBEDDING_MODEL="openai/clip-vit-base-patch32") as launcher:
        assert launcher.wait() == 1
        assert "openai/clip-vit-base-patch32 can't be had" in launcher.said


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with launched(tmp_path, SEARCH_FASTAPI_PORT=port) as launcher:
            assert launcher.wait() == 1
            assert f"port {port} is in use" in launcher.said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, IMAGES=str(tmp_path / "none")) as launcher:
        assert launcher.wait() == 1
        assert "there is no such folder" in launcher.said
