"""The forwarder: bytes go through unchanged, a dead replica is said to be one."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from embedding_service.forward import Forwarder

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A replica that answers with what it got in capitals, once the client has said everything."""
    writer.write((await reader.read()).upper())
    writer.close()


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    server = await asyncio.start_server(handler, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def ask(port: int, question: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


async def through_forwarder(handler: Handler, question: bytes) -> bytes:
    async with served(handler) as replica, served(Forwarder("127.0.0.1", replica)) as port:
        return await asyncio.wait_for(ask(port, question), 120)


def test_bytes_go_through_both_ways_unchanged() -> None:
    question = bytes(range(97, 123)) * 50_000
    assert asyncio.run(through_forwarder(shout, question)) == question.upper()


def test_a_replica_that_hangs_up_ends_the_connection() -> None:
    assert asyncio.run(through_forwarder(hang_up, b"hello")) == b""


def test_no_replica_is_a_503_problem() -> None:
    async def ask_nobody() -> bytes:
        with socket.socket() as free:  # bound but not listening: connections are refused
            free.bind(("127.0.0.1", 0))
            async with served(Forwarder("127.0.0.1", free.getsockname()[1])) as port:
                return await ask(port, b"")

    answer = asyncio.run(ask_nobody())
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b'"detail":"No embedding service answers' in answer
