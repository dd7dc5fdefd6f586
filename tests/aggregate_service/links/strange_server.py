"""A server on a real socket that answers as the internet does: late, wrong, without end, or not at all."""

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpcore2
from PIL import Image

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
PUBLIC = "93.184.216.34"


def jpeg(colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(buffer, "JPEG")
    return buffer.getvalue()


def head(status: int, **headers: str | int) -> bytes:
    """Status line and headers; an underscore in a name stands for a hyphen."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} X", "Connection: close", *lines, "", ""]).encode("utf-8")


def answer(status: int = 200, body: bytes = b"", **headers: str | int) -> Answer:
    async def send(writer: asyncio.StreamWriter) -> None:
        said: dict[str, str | int] = {"Content_Length": len(body), **headers}
        writer.write(head(status, **said) + body)

    return send


def redirect(target: str) -> Answer:
    return answer(302, Location=target)


def endless(start: bytes, **headers: str | int) -> Answer:
    """As much as the client takes, without saying when it ends."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head(200, **headers) + start)
        while True:
            writer.write(bytes(100_000))
            await writer.drain()

    return send


def dripping(start: bytes, seconds: float) -> Answer:
    """A byte now and then, for ever."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head(200) + start)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(seconds)

    return send


async def silent(writer: asyncio.StreamWriter) -> None:
    """Reads the question and never answers."""
    await asyncio.Event().wait()


async def hung_up(writer: asyncio.StreamWriter) -> None:
    """Closes the connection instead of answering."""


def slowly(body: bytes, seconds: float) -> Answer:
    async def send(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await answer(200, body)(writer)

    return send


@dataclass
class StrangeServer:
    """Each path's answers in turn, the last one again and again; unknown paths get a picture."""

    answers: dict[str, list[Answer]]
    port: int = 0
    asked: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    together: int = 0
    """Nobody is answered before so many have been here at once."""
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.most_at_once >= self.together:
            self.enough.set()
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
            await writer.drain()
        self.at_once -= 1
        writer.close()

    async def _answer(self, question: str, writer: asyncio.StreamWriter) -> None:
        path = question.split(" ")[1]
        self.asked.append(path)
        self.questions.append(question)
        await self.enough.wait()
        answers = self.answers.get(path, [answer(200, jpeg())])
        await (answers.pop(0) if len(answers) > 1 else answers[0])(writer)


@asynccontextmanager
async def running(
    answers: dict[str, list[Answer]] | None = None, tls: ssl.SSLContext | None = None, together: int = 0
) -> AsyncIterator[StrangeServer]:
    strange, tasks = StrangeServer(answers or {}, together=together), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await strange.serve(reader, writer)
        finally:
            tasks.discard(task)
            if task.cancelling():
                writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    strange.port = server.sockets[0].getsockname()[1]
    try:
        yield strange
    finally:
        server.close()
        left = list(tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0.01)  # for connections to close


class RecordingNetwork(httpcore2.AsyncNetworkBackend):
    """Notes which address is dialled and leads every connection to one local server."""

    def __init__(self, port: int) -> None:
        self._port, self._network = port, httpcore2.AnyIOBackend()
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the interface's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        return await self._network.connect_tcp("127.0.0.1", self._port, timeout)


class FakeResolver:
    """Answers with each list of addresses in turn, the last one again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
