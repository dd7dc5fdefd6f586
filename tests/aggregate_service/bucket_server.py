"""A server that speaks S3's protocol, in a thread of this process; it can go away and come back with all."""

import logging
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIexampleKEYthatNobodyMaySee"


class BucketServer:
    def __init__(self) -> None:
        self.url = ""
        self._port = 0
        self.start()

    def start(self) -> None:
        from moto.server import ThreadedMotoServer

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=self._port, verbose=False)
        self._server.start()
        self._port = self._server.get_host_and_port()[1]
        self.url = f"http://127.0.0.1:{self._port}"

    def stop(self) -> None:
        self._server.stop()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    def new_bucket(self) -> str:
        """The address of an empty place in a bucket of its own."""
        name = f"pictures-{uuid4().hex}"
        made = urllib.request.Request(f"{self.url}/{name}", method="PUT")
        urllib.request.urlopen(made).close()
        return f"s3://{name}/some/where"


@pytest.fixture(scope="session")
def started_bucket_server() -> Iterator[BucketServer]:
    pytest.importorskip("moto", reason="needs moto, of the extra `dev`")
    pytest.importorskip("obstore", reason="needs obstore, of the extra `s3`")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = BucketServer()
    yield server
    server.stop()


@pytest.fixture
def bucket_server(started_bucket_server: BucketServer, monkeypatch: pytest.MonkeyPatch) -> BucketServer:
    """With the credentials for it in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", started_bucket_server.url)
    return started_bucket_server
