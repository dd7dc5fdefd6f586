"""Pictures that differ from each other in content and in vector, made from their numbers; served, too."""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image


@lru_cache(maxsize=4096)
def picture(number: int) -> bytes:
    """A JPEG of 6 × 6 coloured squares."""
    colours = np.random.default_rng(number).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(colours).resize((96, 96), Image.Resampling.NEAREST).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def sha256_of(number: int) -> str:
    return hashlib.sha256(picture(number)).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """`/17.jpg` is picture 17."""
        body = picture(int(self.path.strip("/").removesuffix(".jpg")))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Not into the test's output."""


@contextmanager
def served() -> Iterator[str]:
    """`host:port` of a server that has every picture."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
