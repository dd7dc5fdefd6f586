"""Between a route and its work: the work ends when it takes too long, or when nobody waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from embedding_service.errors import ClientGone, TooSlow
from service_kit.messages.message import message

T = TypeVar("T")


async def answer_in_time(request: Request, work: Coroutine[Any, Any, T], seconds: float) -> T:
    """Await `work`; cancel it after `seconds` (`TooSlow`), or once the client hung up (`ClientGone`).

    The request's body must have been read: what comes after it can only be the end of the connection.
    """
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait((working, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if gone.done():
            raise ClientGone("The client closed the connection before the answer.")
        raise TooSlow(message("answer-too-slow", seconds=f"{seconds:g}"), headers={"Retry-After": "5"})
    finally:
        working.cancel()
        gone.cancel()


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
