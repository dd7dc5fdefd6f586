"""A service killed in the middle of a job, again and again: every picture is searchable exactly once."""

import asyncio
import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from starlette.requests import Request
from starlette.responses import Response

from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import FakeEmbedding
from tests.aggregate_service.servers import closed_port, serving
from tests.aggregate_service.web.routes.test_uploads import files, png
from tests.waiting import wait_until

PICTURES, KILLS = 160, 3


class Unhurried(FakeEmbedding):
    """Takes 50 ms for a batch, so that there is a middle to be killed in."""

    async def embed_image(self, request: Request) -> Response:
        answer = await super().embed_image(request)
        await asyncio.sleep(0.05)
        return answer


class Service:
    """The aggregate service as a process of its own."""

    def __init__(self, folder: Path, embedding: str, search: str) -> None:
        self.address = closed_port()
        self._folder = folder
        self._environment = os.environ | {
            "AGG_FASTAPI_PORT": self.address.rpartition(":")[2],
            "EMBEDDING_API_URL": embedding,
            "SEARCH_API_URL": search,
            "INDEX_BATCH": "8",
            "INDEX_IN_FLIGHT": "2",
            "LOG_LEVEL": "WARNING",
            "IMAGE_SEARCH_HOME": str(folder),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "service.log").open("ab") as log:
            command = [sys.executable, "-m", "aggregate_service"]
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdout=log, stderr=log
            )
        wait_until(self._is_up, "the service to be up")

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def get(self, path: str) -> Any:
        return httpx2.get(self.address + path, trust_env=False, timeout=120).json()

    def _is_up(self) -> bool:
        try:
            return httpx2.get(f"{self.address}/healthz", trust_env=False).is_success
        except httpx2.TransportError:
            return False


def test_a_killed_service_goes_on_where_it_was(world: World, tmp_path: Path) -> None:
    dice = random.Random(6)
    sent = files(**{f"{number}_png": png((number % 100, number // 100, 9)) for number in range(PICTURES)})
    world.embedding = Unhurried()
    with serving(world.embedding.app()) as embedding, serving(world.search.app()) as search:
        service = Service(tmp_path, embedding, search)
        service.start()
        try:
            job = httpx2.post(f"{service.address}/images", files=sent, trust_env=False, timeout=120).json()
            embedded = world.embedding.embedded_files
            for _ in range(KILLS):
                enough = len(embedded) + dice.randint(1, PICTURES // (KILLS + 1))
                wait_until(partial(has, enough, embedded, service, job["id"]), "more to be embedded")
                service.kill()
                service.start()
            wait_until(lambda: service.get(f"/jobs/{job['id']}")["finished_at"], "the job to end")
            after = service.get(f"/jobs/{job['id']}")
            assert (after["state"], after["total"], after["done"]) == ("done", PICTURES, PICTURES)
            ids = sorted(world.vectors())
            contents = [service.get(f"/images/{id_}")["sha256"] for id_ in ids]
            assert len(set(contents)) == len(contents) == PICTURES
        finally:
            service.kill()


def has(enough: int, embedded: list[str], service: Service, job_id: str) -> bool:
    """So many were embedded, or there are no more."""
    return len(embedded) >= enough or service.get(f"/jobs/{job_id}")["finished_at"] is not None
