"""The connection to Milvus, and what pymilvus's errors mean to those who search."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TypeVar

import grpc
from pymilvus import MilvusClient, MilvusException
from pymilvus.exceptions import ConnectionConfigException, ParamError

from search_service.engines.circuit_breaker import AwayGate
from search_service.errors import EngineSlow, EngineUnfit, UnusableSettings

T = TypeVar("T")
_NAME = "Milvus"
SECONDS = 30  # the longest that one call may take
_LOADS = 3
_NO_CONNECTION, _MISSING, _NOT_LOADED = 2, 100, 101  # Milvus's own error codes
_AWAY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)
_REFUSED = (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED)
# pymilvus pings every 10 s, idle or not; a server that allows gRPC's default, as Lite does, hangs up on that.
_PINGS = {"grpc.keepalive_time_ms": 300_000, "grpc.keepalive_permit_without_calls": False}


class MissingError(Exception):
    """Milvus has no such collection (any more)."""


class NotLoadedError(Exception):
    """Milvus has the collection on disk only, as Lite does after a restart: load it and repeat."""


class Milvus:
    """Any thread may call. The client reconnects by itself."""

    def __init__(self, uri: str, token: str) -> None:
        """`EngineAway` when the server can't be reached, `UnusableSettings` for what is no address at all."""
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it logs a trace of every error it raises
        self._gate = AwayGate(_NAME)
        try:
            with self._understood():
                self._client = MilvusClient(uri, token=token, timeout=2, dedicated=True, grpc_options=_PINGS)
        except (ConnectionConfigException, ParamError, ValueError) as error:
            raise UnusableSettings(
                "MILVUS_URI is no address of Milvus: write it as http://host:19530, or as a file.db for "
                "Lite, then restart."
            ) from error
        with ExitStack() as failing:
            failing.callback(self.close)
            self.is_lite = "lite" in self.call(lambda client: str(client.get_server_version(timeout=SECONDS)))
            failing.pop_all()

    def close(self) -> None:
        self._client.close()

    def call(self, work: Callable[[MilvusClient], T]) -> T:
        """`MissingError` where there's no such collection."""
        with self._gate.passing(), self._understood():
            return work(self._client)

    def on(self, collection: str, work: Callable[[MilvusClient], T]) -> T:
        """The same for what needs the collection in memory, where Lite has none after a restart."""
        for _ in range(_LOADS):
            try:
                return self.call(work)
            except NotLoadedError:
                self.call(lambda client: client.load_collection(collection, timeout=SECONDS))
        raise EngineSlow(_NAME, SECONDS)

    @contextmanager
    def _understood(self) -> Iterator[None]:
        try:
            yield
        except MilvusException as error:
            raise self._meaning(error, error.code) from error
        except grpc.RpcError as error:
            raise self._meaning(error, error.code()) from error

    def _meaning(self, error: Exception, code: object) -> Exception:
        if code == _MISSING:
            return MissingError()
        if code == _NOT_LOADED:
            return NotLoadedError()
        if code == _NO_CONNECTION or code in _AWAY:
            return self._gate.away(error)
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return EngineSlow(_NAME, SECONDS)
        if code in _REFUSED:
            return EngineUnfit("Milvus refuses these credentials: check MILVUS_TOKEN.")
        return error
