"""Four promises about load, each measured against what this machine can answer at most."""

import asyncio
import io
import random
import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2
from PIL import Image

from tests.load.clients import (
    Capacity,
    Service,
    client_of,
    closed_loop,
    open_loop,
    search,
    seconds_until_answered,
)
from tests.load.conftest import SECONDS, Figures

SETTLING = 0.2
"""This part of the time memory may still grow: buffers and caches fill."""


def test_seven_tenths_of_capacity_for_long(service: Service, capacity: Capacity, figures: Figures) -> None:
    """No failure, and no memory that grows."""

    async def load() -> None:
        async with client_of(service) as client:
            rate = 0.7 * capacity.answers_a_second
            first = await open_loop(client, rate, SETTLING * SECONDS)
            early = service.memory()
            rest = await open_loop(client, rate, (1 - SETTLING) * SECONDS)
            late = service.memory()
            growth = {name: round(late[name] / early[name] - 1, 4) for name in early}
            figures.note("0.7 of capacity", **rest.described(), memory_growth=growth)
            assert set(first.statuses | rest.statuses) == {200}, rest.described()
            assert max(growth.values()) < 0.05

    asyncio.run(load())


def test_three_times_capacity(service: Service, capacity: Capacity, figures: Figures) -> None:
    """Who can't be served is told so at once; the others are served as fast as ever; then all is well."""

    async def load() -> None:
        async with client_of(service) as client:
            outcome = await open_loop(client, 3 * capacity.answers_a_second, min(60.0, SECONDS / 2))
            recovery = await seconds_until_answered(client, within_ms=max(1_000.0, 5 * capacity.alone_ms))
            share = outcome.goodput / capacity.answers_a_second
            figures.note(
                "3 x capacity",
                **outcome.described(),
                goodput_share=round(share, 3),
                recovery_seconds=round(recovery, 2),
            )
            assert set(outcome.statuses) <= {200, 429}
            assert share >= 0.8
            assert recovery <= 10

    asyncio.run(load())


def test_clients_that_hang_up_in_the_middle(service: Service, capacity: Capacity, figures: Figures) -> None:
    """A tenth of those who add pictures; nothing of theirs is left, and nobody else's is lost."""
    whole: list[str] = []
    seconds = min(30.0, SECONDS / 2)

    async def add(client: httpx2.AsyncClient) -> httpx2.Response:
        answer = await client.post("/images", files={"files": ("new.png", noise(), "image/png")})
        if answer.status_code == 202:
            whole.append(answer.json()["id"])
        return answer

    async def load() -> None:
        async with client_of(service) as client:
            before = (await client.get("/images", params={"limit": 1})).json()["total"]
            outcome, hung_up = await asyncio.gather(
                closed_loop(client, clients=18, seconds=seconds, ask=add),
                asyncio.gather(*(hang_ups(service.url, seconds) for _ in range(2))),
            )
            await all_ended(client, whole)
            after = (await client.get("/images", params={"limit": 1})).json()["total"]
            left = [path for path in (service.uploads / "incoming").glob("*") if path.is_file()]
            figures.note("hang-ups", hung_up=sum(hung_up), added=len(whole), left_behind=len(left))
            assert min(hung_up) > 0
            assert set(outcome.statuses) <= {202, 429}, outcome.described()
            assert after == before + len(whole)
            assert left == []

    asyncio.run(load())


def test_two_thousand_idle_connections(service: Service, capacity: Capacity, figures: Figures) -> None:
    """They don't stop the next good request, nor those that follow."""
    address = urlsplit(service.url)
    with ExitStack() as stack:
        opened = 0
        for _ in range(2_000):
            connection = stack.enter_context(socket.socket())
            connection.settimeout(10)
            connection.connect((address.hostname, address.port))
            opened += 1

        async def ask() -> list[float]:
            took = []
            async with client_of(service) as client:
                for _ in range(20):
                    began = time.perf_counter()
                    assert (await search(client)).status_code == 200
                    took.append(1000 * (time.perf_counter() - began))
            return took

        took = asyncio.run(ask())
    figures.note(
        "2,000 idle connections", opened=opened, first_ms=round(took[0]), slowest_ms=round(max(took))
    )
    assert max(took) < max(2_000.0, 10 * capacity.alone_ms)


async def hang_ups(url: str, seconds: float) -> int:
    """One after the other; how many."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        await hang_up(url)
        count += 1
    return count


async def hang_up(url: str) -> None:
    """Half of an upload, then nothing more."""
    address = urlsplit(url)
    _reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = (
        f"POST /images HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 200000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    )
    writer.write(head.encode() + noise()[:50_000])
    await writer.drain()
    await asyncio.sleep(random.random())
    writer.transport.abort()


async def all_ended(client: httpx2.AsyncClient, jobs: list[str]) -> None:
    waited_for = set(jobs)
    while waited_for:
        states = {job: (await client.get(f"/jobs/{job}")).json() for job in waited_for}
        waited_for = {job for job, state in states.items() if state["finished_at"] is None}
        await asyncio.sleep(0.1)


def noise() -> bytes:
    """A picture that nobody sent before, of some 30 kB."""
    file = io.BytesIO()
    Image.frombytes("RGB", (100, 100), random.randbytes(30_000)).save(file, "PNG")
    return file.getvalue()
