"""Clients by the thousand: so many a second whatever the answers, or each as fast as it is answered."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx2
import psutil

from tests.system.pictures import jpeg

_PATIENCE = 120.0
_PICTURES = [jpeg(number) for number in range(40)]
Ask = Callable[[httpx2.AsyncClient], Awaitable[httpx2.Response]]


@dataclass(frozen=True)
class Service:
    url: str
    processes: Mapping[str, int]
    uploads: Path

    def memory(self) -> dict[str, int]:
        """Resident bytes of each of the three."""
        return {name: psutil.Process(pid).memory_info().rss for name, pid in self.processes.items()}


@dataclass(frozen=True)
class Capacity:
    """Answers a second, and what one took alone."""

    answers_a_second: float
    alone_ms: float


@dataclass
class Outcome:
    """What came of many requests; 0 stands for one that got no answer at all."""

    statuses: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    async def ask(self, ask: Ask, client: httpx2.AsyncClient) -> None:
        began = time.perf_counter()
        try:
            answer = await ask(client)
        except httpx2.HTTPError as error:
            self.statuses[0] += 1
            self.reasons[f"{type(error).__name__}: {error}"] += 1
            return
        self.statuses[answer.status_code] += 1
        if answer.is_success:
            self.milliseconds.append(1000 * (time.perf_counter() - began))
        else:
            self.reasons[answer.text[:300]] += 1

    @property
    def goodput(self) -> float:
        return self.statuses[200] / self.seconds

    def described(self) -> dict[str, object]:
        spread = quantiles(self.milliseconds, n=100) if len(self.milliseconds) > 1 else [0.0] * 99
        return {
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "reasons": dict(self.reasons.most_common(3)),
            "good_a_second": round(self.goodput, 1),
            "median_ms": round(spread[49]),
            "p99_ms": round(spread[98]),
        }


async def search(client: httpx2.AsyncClient) -> httpx2.Response:
    """What people do: mostly by a picture, now and then by words, and thumbnails of what was found."""
    dice = random.random()
    if dice < 0.6:
        picture = ("photo.jpg", random.choice(_PICTURES), "image/jpeg")
        return await client.post("/", files={"files": picture})
    if dice < 0.8:
        return await client.get("/search", params={"text": "a red ball"})
    return await client.get(f"/images/{random.randrange(100)}/thumbnail")


def client_of(service: Service) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=50, keepalive_expiry=2.0)
    headers = {"accept": "application/json"}
    return httpx2.AsyncClient(
        base_url=service.url, timeout=_PATIENCE, limits=limits, headers=headers, trust_env=False
    )


def measure_capacity(service: Service, seconds: float) -> Capacity:
    alone, together = asyncio.run(_capacity(service, seconds))
    return Capacity(round(together.goodput, 1), round(median(alone.milliseconds), 1))


async def _capacity(service: Service, seconds: float) -> tuple[Outcome, Outcome]:
    async with client_of(service) as client:
        await closed_loop(client, clients=8, seconds=3)  # everything is warm then
        alone = await closed_loop(client, clients=1, seconds=3)
        return alone, await closed_loop(client, clients=32, seconds=seconds)


async def closed_loop(client: httpx2.AsyncClient, clients: int, seconds: float, ask: Ask = search) -> Outcome:
    outcome, began = Outcome(), time.perf_counter()

    async def go_on() -> None:
        while time.perf_counter() < began + seconds:
            await outcome.ask(ask, client)

    await asyncio.gather(*(go_on() for _ in range(clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome


async def open_loop(client: httpx2.AsyncClient, a_second: float, seconds: float) -> Outcome:
    """Requests come at random moments, so many a second, whether the last ones were answered or not.

    Good ones are counted over the time until the last was answered.
    """
    outcome, began = Outcome(), time.perf_counter()
    under_way: set[asyncio.Task[None]] = set()
    due = began
    while (due := due + random.expovariate(a_second)) < began + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(outcome.ask(search, client))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    outcome.seconds = time.perf_counter() - began
    return outcome


async def seconds_until_answered(
    client: httpx2.AsyncClient, within_ms: float, patience: float = 60.0
) -> float:
    """How long it takes until three searches in a row are answered that fast."""
    began, good = time.perf_counter(), 0
    while good < 3:
        if time.perf_counter() > began + patience:
            return patience
        asked = time.perf_counter()
        status = 0
        with suppress(httpx2.HTTPError):
            status = (await search(client)).status_code
        good = good + 1 if status == 200 and 1000 * (time.perf_counter() - asked) < within_ms else 0
    return time.perf_counter() - began
