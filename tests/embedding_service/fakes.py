"""Stand-ins for what the service reaches out to: an encoder without weights, a model hub on this machine."""

import dataclasses
import hashlib
import http.server
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder, Runtime
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.runtimes.choose import Selected
from embedding_service.weights.choice import Choice, NoEncoder, Say

FAKE = EncoderSpec(
    name="average-colour",
    family="color-layout",
    revision="7",
    dimension=3,
    modalities=("image", "text"),
    licence="Apache-2.0",
    source="tests",
)


class AverageColour(Encoder):
    """Embeds by average colour, and a text by the colours it names."""

    def __init__(self, spec: EncoderSpec = FAKE) -> None:
        super().__init__(spec)

    def prepare(self, image: Image.Image) -> Pixels:
        return np.asarray(image.resize((4, 4), Image.Resampling.BOX))

    def too_long(self, text: str) -> bool:
        return len(text) > 1000

    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        averages: NDArray[Any] = pixels.reshape(len(pixels), -1, 3).mean(1)
        return averages + 1.0

    def _encode_texts(self, texts: Sequence[str]) -> NDArray[Any]:
        return np.array([[1.0 + text.count(name) for name in ("red", "green", "blue")] for text in texts])


class FakeLibrary:
    """Has one encoder to choose, others made on demand, each of `sizes` bytes; no faster runtime."""

    def __init__(self, encoder: Encoder | None = None, notice: str | None = None) -> None:
        self.encoder, self.notice = encoder or AverageColour(), notice
        self.loads: list[str] = []
        self.sizes: dict[str, int] = {}
        self.absent: set[str] = set()
        self.broken: set[str] = set()
        self.faster: Runtime | None = None

    def choose(self, say: Say, stop: threading.Event) -> Choice:
        return Choice(self.encoder, self.notice)

    def load(self, spec: EncoderSpec, say: Say, stop: threading.Event) -> Encoder:
        self.loads.append(spec.name)
        if spec.name in self.broken:
            raise NoEncoder(f"{spec.name} can't be loaded.")
        return AverageColour(dataclasses.replace(spec, dimension=3))

    def missing(self, spec: EncoderSpec) -> str | None:
        return f"The weights of {spec.name} aren't here." if spec.name in self.absent else None

    def bytes_of(self, spec: EncoderSpec) -> int:
        return self.sizes.get(spec.name, 0)

    def runtime(self, encoder: Encoder) -> Selected:
        return Selected(self.faster, "as the test says")


class FakeHub(http.server.ThreadingHTTPServer):
    """Serves the files of one folder as any repository at any revision, as the hub does.

    `breaks_off_after`: bytes after which the next transfers end early, once each.
    """

    daemon_threads = True

    def __init__(self, folder: Path, large: Sequence[str] = ("model.safetensors",)) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.large = folder, large
        self.status = 200
        self.breaks_off_after: list[int] = []
        self.tampers = False
        self.ranges: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def etag(self, name: str) -> str:
        content = (self.folder / name).read_bytes()
        if name in self.large:
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: FakeHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        content = self._answer()
        if self.server.tampers:
            content = content[::-1]
        if self.server.breaks_off_after:
            content = content[: self.server.breaks_off_after.pop(0)]
        self.wfile.write(content)
        self.close_connection = True

    def _answer(self) -> bytes:
        name = self.path.rsplit("/", 1)[-1]
        if self.server.status != 200:
            self.send_error(self.server.status)
            return b""
        content = (self.server.folder / name).read_bytes()
        start = self.headers.get("Range")
        if start:
            self.server.ranges.append(start)
            content = content[int(start.removeprefix("bytes=").removesuffix("-")) :]
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{self.server.etag(name)}"')
        self.send_header("X-Repo-Commit", self.path.split("/resolve/")[1].split("/")[0])
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def log_message(self, format: str, *args: Any) -> None:
        pass


def waiting_connections(listening: socket.socket) -> int:
    """How many clients have connected to a server that has accepted none yet."""
    listening.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            listening.accept()[0].close()
            count += 1
    return count


@contextmanager
def fake_hub(folder: Path) -> Iterator[FakeHub]:
    with FakeHub(folder) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
