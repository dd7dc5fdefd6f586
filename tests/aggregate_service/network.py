"""A network of fakes: under each host's name an app, or one of the ways in which nobody answers."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2
from starlette.applications import Starlette

Absent = Callable[[httpx2.Request], Awaitable[None]]


async def refused(request: httpx2.Request) -> None:
    """Nobody listens."""
    raise httpx2.ConnectError("All connection attempts failed", request=request)


async def silent(request: httpx2.Request) -> None:
    """The connection stands, and no answer comes: a stopped process."""
    await asyncio.Event().wait()


async def unreachable(request: httpx2.Request) -> None:
    """Connecting itself hangs, as long as the client allows."""
    await asyncio.sleep(request.extensions["timeout"]["connect"])
    raise httpx2.ConnectTimeout("", request=request)


class Network(httpx2.AsyncBaseTransport):
    """Notes which host was asked, each time."""

    def __init__(self, **hosts: Starlette | Absent) -> None:
        self._hosts = hosts
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request.url.host)
        host = self._hosts[request.url.host]
        if not isinstance(host, Starlette):
            await host(request)
            raise AssertionError("who is absent doesn't answer")
        return await httpx2.ASGITransport(host).handle_async_request(request)
