"""A client that costs almost nothing: it shares the machine with the service that it measures."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

BOUNDARY = "photo-of-the-benchmark"


@dataclass(frozen=True)
class Answer:
    status: int
    seconds: float
    bytes: int


def request_of(photo: bytes, port: int, accept: str = "application/x-npy") -> bytes:
    """One `POST /embed-image` with one photo, as it goes over the wire."""
    return batch_request([photo], port, accept)


def batch_request(photos: Sequence[bytes], port: int, accept: str = "application/x-npy") -> bytes:
    """The same with several photos."""
    part = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    ).encode()
    body = b"".join(part + photo + b"\r\n" for photo in photos) + f"--{BOUNDARY}--\r\n".encode()
    head = (
        f"POST /embed-image HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def clients(port: int, requests: Sequence[bytes], count: int) -> list[Answer]:
    """Send the requests over `count` connections, each one at a time on its own."""
    left = iter(requests)
    answers: list[Answer] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in left:
            answers.append(await _ask(reader, writer, request))
        writer.close()

    await asyncio.gather(*(client() for _ in range(count)))
    return answers


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
    began = time.perf_counter()
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    await reader.readexactly(length)
    return Answer(int(head.split()[1]), time.perf_counter() - began, length)
