"""The three services on real ports of this process, and requests that no client library would send."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI

from service_kit.server import configuration
from tests.waiting import wait_until


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        assert self.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["status"] == self.status
        return problem


@dataclass(frozen=True)
class Site:
    """One service. `name` is what it is called in the tests' names."""

    name: str
    port: int
    app: FastAPI = field(repr=False)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        host: str | None = "127.0.0.1",
    ) -> Answer:
        """These headers, `Host` unless it is None, the body's length unless it is empty, and no others."""
        listed = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if host is not None:
                connection.putheader("Host", host)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in listed:
                connection.putheader(name, value)
            connection.endheaders(body or None)
            answer = connection.getresponse()
            lowered = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lowered, answer.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def site(name: str, app: FastAPI) -> Iterator[Site]:
    """The app as `python -m …_service` serves it, with its lifespan."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        server = uvicorn.Server(configuration(app, "127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            wait_until(lambda: server.started, f"the {name} service to start")
            yield Site(name, listener.getsockname()[1], app)
        finally:
            server.should_exit = True
            thread.join()
