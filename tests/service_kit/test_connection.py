"""Connections that send nothing, too much or too slowly are closed, to the second, by the real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from service_kit.connection import ConnectionLimits
from service_kit.server import configuration
from tests.virtual_clock import timed

LIMITS = ConnectionLimits()
GET = b"GET / HTTP/1.1\r\nHost: nas\r\n"
POST = b"POST / HTTP/1.1\r\nHost: nas\r\nTransfer-Encoding: chunked\r\n\r\n"
Talk = Callable[["Client"], Awaitable[bytes]]


class App:
    """Answers with the headers that it saw; `/early` before it has read the body, `/large` without an end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/slow":
            await asyncio.sleep(25)
        elif scope["path"] != "/early":
            while (await receive()).get("more_body"):
                pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/large":
            for _ in range(1_000):
                await send({"type": "http.response.body", "body": bytes(100_000), "more_body": True})
        names = b",".join(name for name, _ in scope["headers"])
        await send({"type": "http.response.body", "body": names})


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def until_closed(self, *pieces: bytes, every: float = 0.0) -> bytes:
        """What the server says until it closes, sent these pieces with so many seconds between them."""
        async with self.connected() as (reader, writer):
            reading = asyncio.create_task(reader.read())
            for piece in pieces:
                if reading.done():
                    break
                writer.write(piece)
                await asyncio.sleep(every)
            return await reading


def served(talk: Talk, limits: ConnectionLimits = LIMITS) -> tuple[bytes, float]:
    """What a client hears, and how many seconds it took."""

    async def run() -> tuple[bytes, float]:
        server = uvicorn.Server(configuration(App(), "127.0.0.1", 0, limits))
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        start = asyncio.get_running_loop().time()
        heard = await talk(Client(server.servers[0].sockets[0].getsockname()[1]))
        took = asyncio.get_running_loop().time() - start
        server.should_exit = True
        await running
        return heard, took

    return timed(run())[0]


def status(heard: bytes) -> int:
    return int(heard.split(b" ", 2)[1])


@pytest.mark.parametrize(
    ("pieces", "every", "says"),
    [
        ([], 0, b""),
        ([GET], 0, b"HTTP/1.1 408 "),
        ([bytes([letter]) for letter in GET * 5], 5, b"HTTP/1.1 408 "),
        ([b"\r\n"] * 100, 5, b"HTTP/1.1 408 "),
    ],
    ids=["nothing", "half a head", "a byte every 5 s", "empty lines"],
)
def test_a_head_that_does_not_come_is_closed_after_10_s(
    pieces: list[bytes], every: float, says: bytes
) -> None:
    heard, took = served(lambda client: client.until_closed(*pieces, every=every))
    assert heard.startswith(says)
    assert b"application/problem+json" in heard or not says
    assert 10 <= took < 15.5


def test_after_an_answer_the_next_head_has_10_s_too() -> None:
    letters = [bytes([letter]) for letter in GET]
    heard, took = served(lambda client: client.until_closed(GET + b"\r\n", *letters, every=4))
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in heard
    assert took < 20


def test_an_answer_that_takes_long_is_given_although_half_of_the_next_request_is_here() -> None:
    slow = GET.replace(b"/ ", b"/slow ") + b"\r\n"
    heard, took = served(lambda client: client.until_closed(slow, GET, every=1))
    assert heard.startswith(b"HTTP/1.1 200 ")
    assert took > 25


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X: y\r\n" * 5_000_000,
        GET + b"X: " + b"y" * 112_000_000,
        b"GET /?" + b"label=a&" * 20_000 + b" HTTP/1.1\r\nHost: nas\r\n\r\n",
        POST + b"1\r\nx\r\n0\r\n" + b"Trailer: x\r\n" * 200 + b"\r\n",
        POST + b"1\r\nx\r\n0\r\nTrailer: " + b"x" * 1_000_000,
        POST + b"1;" + b"x" * 1_000_000,
    ],
    ids=[
        "5 million headers",
        "one of 112 MB",
        "a long address",
        "trailers",
        "a long trailer",
        "a chunk's extension",
    ],
)
def test_a_head_that_is_too_large_is_refused_at_once(head: bytes) -> None:
    async def talk(client: Client) -> bytes:
        async with client.connected() as (reader, writer):
            for at in range(0, len(head), 100_000):
                writer.write(head[at : at + 100_000])
                await asyncio.sleep(0)
                if reader.at_eof():
                    break
            return await reader.read()

    heard, took = served(talk)
    assert status(heard) == 431
    assert b"headers are too large" in heard
    assert took < 5


def test_what_is_no_http_is_a_problem() -> None:
    heard, _ = served(lambda client: client.until_closed(b"hello\r\n\r\n"))
    assert status(heard) == 400
    assert b"application/problem+json" in heard


def test_trailers_never_become_headers() -> None:
    body = POST + b"1\r\nx\r\n0\r\nX-Forwarded-User: admin\r\n\r\n"
    heard, _ = served(lambda client: client.until_closed(body))
    assert status(heard) == 200
    assert b"x-forwarded-user" not in heard


def test_a_body_that_goes_on_after_its_answer_ends_with_the_connection() -> None:
    early = POST.replace(b"/ ", b"/early ")
    heard, took = served(lambda client: client.until_closed(early, *([b"1\r\nx\r\n"] * 1_000), every=4))
    assert status(heard) == 200
    assert took < 40


def test_who_does_not_read_the_answer_is_left() -> None:
    async def talk(client: Client) -> bytes:
        async with client.connected() as (reader, writer):
            writer.write(GET.replace(b"/ ", b"/large ") + b"\r\n")
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await asyncio.sleep(100)
            writer.transport.resume_reading()  # type: ignore[attr-defined]
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""

    heard, _ = served(talk)
    assert len(heard) < 50_000_000


def test_more_connections_than_allowed_take_the_place_of_idle_ones() -> None:
    async def talk(client: Client) -> bytes:
        opened = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(50)]
        heard = await client.until_closed(GET + b"Connection: close\r\n\r\n")
        closed = [reader for reader, _ in opened if reader.at_eof()]
        for _, writer in opened:
            writer.close()
        return heard + b" %d" % len(closed)

    heard, _ = served(talk, replace(LIMITS, connections=10))
    assert status(heard) == 200
    assert int(heard.split()[-1]) >= 41


def test_where_all_are_at_work_a_further_one_is_told_to_come_again() -> None:
    async def talk(client: Client) -> bytes:
        slow = GET.replace(b"/ ", b"/slow ") + b"Connection: close\r\n\r\n"
        working = [asyncio.create_task(client.until_closed(slow)) for _ in range(10)]
        await asyncio.sleep(1)
        heard = await client.until_closed()
        assert [status(answer) for answer in await asyncio.gather(*working)] == [200] * 10
        return heard

    heard, _ = served(talk, replace(LIMITS, connections=10))
    assert status(heard) == 503
