"""Routes whose JSON bodies may be large: read off the event loop, which answers others meanwhile."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from embedding_service.web.long_strings import LONG, loads


class JsonRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks = [chunk async for chunk in self.stream()]
            size = sum(map(len, chunks))
            self._body = b"".join(chunks) if size < LONG else await asyncio.to_thread(b"".join, chunks)
        return self._body

    async def json(self) -> Any:
        body = await self.body()
        return loads(body) if len(body) < LONG else await asyncio.to_thread(loads, body)


class JsonRoute(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_in_steps(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return handle_in_steps
