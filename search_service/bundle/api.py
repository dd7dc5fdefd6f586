"""The search API as a mover of whole collections calls it: the standard library's HTTP, binary arrays."""

import json
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from service_kit.arrays import NPY, NPZ, from_npz, to_npy, to_npz

_SECONDS = 120
_TRIES = 5


class MoveError(Exception):
    """What stops a move; the message is one clear line."""


class SearchApi:
    """Every call can be repeated harmlessly, so those that find the service away are, a few times."""

    def __init__(self, url: str, pause: float = 2.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MoveError(f"{url} is no address of a search API: write http://host:port")
        self.url = url.rstrip("/")
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._port, self._base = parts.hostname, parts.port, parts.path.rstrip("/")
        self._pause = pause

    def default(self) -> str:
        name = self._json("GET", "/collections")["default"]
        if name is None:
            raise MoveError(f"{self.url} holds no collection")
        return str(name)

    def collection(self, name: str) -> dict[str, Any] | None:
        """Its description; `None` when there's none of this name."""
        listed = self._json("GET", "/collections")["collections"]
        return next((collection for collection in listed if collection["name"] == name), None)

    def ids(self, name: str, after: int, limit: int) -> Ids:
        page = f"/collections/{quote(name)}/ids?{urlencode({'after': after, 'limit': limit})}"
        return np.array(self._json("GET", page)["ids"], np.int64)

    def get(self, name: str, ids: Ids) -> tuple[Ids, Vectors]:
        body = json.dumps({"collection": name, "ids": ids.tolist()}).encode()
        headers = {"content-type": "application/json", "accept": NPZ}
        there, vectors = from_npz(self._send("POST", "/vectors/get", body, headers), "ids", "vectors")
        return there.astype(np.int64), vectors.astype(np.float32)

    def upsert(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None = None
    ) -> int:
        """Returns how many the collection holds then."""
        owner = {} if catalogue is None else {"catalogue": catalogue}
        query = urlencode({"collection": name, "encoder": encoder} | owner)
        body = to_npz(ids=ids, vectors=vectors)
        answer = self._send("PUT", f"/vectors?{query}", body, {"content-type": NPZ})
        return int(json.loads(answer)["count"])

    def search(self, name: str, queries: Vectors, k: int) -> list[list[float]]:
        """The scores of each query's neighbours, best first."""
        query = urlencode({"collection": name, "k": k})
        answer = self._send("POST", f"/search?{query}", to_npy(queries), {"content-type": NPY})
        scores: list[list[float]] = json.loads(answer)["scores"]
        return scores

    def _json(self, method: str, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._send(method, path, b"", {}))
        return answer

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        for tries_left in reversed(range(_TRIES)):
            try:
                status, answer = self._once(method, self._base + path, body, headers)
            except (OSError, HTTPException) as error:
                status, answer = 503, json.dumps({"detail": f"{self.url} doesn't answer: {error}"}).encode()
            if status < 300:
                return answer
            if status != 503 or not tries_left:
                break
            time.sleep(self._pause)
        raise MoveError(_detail(status, answer))

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection(self._host, self._port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _detail(status: int, answer: bytes) -> str:
    try:
        return str(json.loads(answer)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the search API answered {status}"
