"""Variables of other programs change nothing: conda's HOST, a hoster's PORT and WEB_CONCURRENCY."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from aggregate_service.doctor.settings import OtherServices
from scripts.settings_docs import SECTIONS, documented_name
from service_kit.settings import ServiceSettings
from tests.aggregate_service.servers import closed_port
from tests.system.pictures import write_gallery

CLASSES: list[type[ServiceSettings]] = [*SECTIONS.values(), OtherServices]
FIELDS = {field for settings in CLASSES for field in settings.model_fields}
DOCUMENTED = {documented_name(settings, field) for settings in CLASSES for field in settings.model_fields}
OTHERS = {name: "nope" for field in sorted(FIELDS) for name in (field, field.upper())} | {
    "HOST": "x86_64-conda-linux-gnu",
    "host": "0.0.0.0",
    "PORT": "8000",
    "DEBUG": "1",
    "NAME": "x",
    "LABEL": "y",
    "K": "7",
    "FOLDER": "/nope",
    "DATABASE": "x",
    "TOKEN": "x",
    "BATCH_SIZE": "0",
    "WEB_CONCURRENCY": "4",
    "FORWARDED_ALLOW_IPS": "*",
    "UVICORN_HOST": "0.0.0.0",
    "UVICORN_WORKERS": "4",
    "HTTP_PROXY": "http://127.0.0.1:9",  # for the outside: our own services are on this machine
    "http_proxy": "http://127.0.0.1:9",
}
ADDRESSES = {"embedding_service": "EMBEDDING", "search_service": "SEARCH", "aggregate_service": "AGG"}
SECONDS = 300


class Process:
    """One command in a folder beside the installation, with all those variables set."""

    def __init__(self, tmp_path: Path, command: list[str]) -> None:
        self.addresses = {name: closed_port() for name in ADDRESSES}
        home = tmp_path / "installation"
        home.mkdir()
        ports = {ADDRESSES[name]: url.rpartition(":")[2] for name, url in self.addresses.items()}
        lines = [f"{prefix}_FASTAPI_PORT={port}" for prefix, port in ports.items()]
        (home / ".env").write_text("\n".join([*lines, "EMBEDDING_MODEL=color-layout"]))
        self._log = tmp_path / "log"
        given = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path.cwd()),
            "IMAGE_SEARCH_HOME": str(home),
            "HF_HUB_OFFLINE": "1",
        }
        unread = {name: value for name, value in OTHERS.items() if name not in DOCUMENTED}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=tmp_path,
                env=unread | given,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_until_alive(self, url: str) -> None:
        until = time.monotonic() + SECONDS
        while not _answers(url):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, f"waited for {url}: {self.said}"
            time.sleep(0.1)

    def interrupt(self) -> None:
        """Ctrl-C, which every process of a terminal gets."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(SECONDS)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=SECONDS, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


@contextmanager
def running(tmp_path: Path, command: list[str]) -> Iterator[Process]:
    started = Process(tmp_path, command)
    try:
        yield started
    finally:
        started.interrupt()


@pytest.mark.parametrize("service", [*ADDRESSES, "everything"])
def test_it_starts_where_it_was_told_to_and_nowhere_else(service: str, tmp_path: Path) -> None:
    """127.0.0.2 is this machine, too: who listens on 0.0.0.0 answers there."""
    write_gallery(tmp_path / "pictures", 3)
    whole = ["aggregate_service.cli", "serve", "pictures"]
    with running(tmp_path, whole if service == "everything" else [service]) as started:
        for name in ADDRESSES if service == "everything" else [service]:
            url = started.addresses[name]
            started.wait_until_alive(url)
            assert not _answers(url.replace("127.0.0.1", "127.0.0.2"))
    assert not (tmp_path / "data").exists()
