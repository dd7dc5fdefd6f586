"""Real sockets for what goes wrong below HTTP: nobody there, nobody answering, no way in, a slow resolver."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from tests.ports import free_port
from tests.virtual_clock import VirtualLoop


def closed_port() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"


@contextmanager
def silent_port() -> Iterator[str]:
    """The kernel accepts connections, nobody ever answers: a stopped process."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def blackhole_port() -> Iterator[str]:
    """Connecting itself hangs: the queue of the listener is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The app on a real port."""
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(100)  # who comes before the server runs is answered as soon as it does
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


class SlowResolverLoop(VirtualLoop):
    """Names take for ever to resolve."""

    async def getaddrinfo(self, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(60)
