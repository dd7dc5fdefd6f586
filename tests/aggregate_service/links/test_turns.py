"""Politeness: two at once at a host, sixteen in all, and a slow host keeps no other one waiting."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.body import Downloaded
from aggregate_service.links.fetch import Downloader
from tests.aggregate_service.links.fetching import limits_for, outcome
from tests.aggregate_service.links.strange_server import (
    PUBLIC,
    Answer,
    FakeResolver,
    RecordingNetwork,
    StrangeServer,
    answer,
    jpeg,
    running,
    slowly,
)


def all_fetched(
    links: Sequence[str], answers: dict[str, list[Answer]], **limits: Any
) -> tuple[StrangeServer, list[float]]:
    """Fetches all at once from one server behind every name; how long each took."""

    async def run() -> tuple[StrangeServer, list[float]]:
        async with running(answers) as server:
            network = RecordingNetwork(server.port)
            quick = limits_for(server, addresses=AddressRules(), **limits)
            downloader = Downloader(quick, FakeResolver([PUBLIC]), network)
            started = time.monotonic()

            async def fetch(link: str) -> float:
                assert isinstance(await outcome(downloader, link), Downloaded)
                return time.monotonic() - started

            seconds = await asyncio.gather(*(fetch(link) for link in links))
            await downloader.close()
            return server, seconds

    return asyncio.run(run())


SLOW = {"/slow.jpg": [slowly(jpeg(), 0.05)]}


def test_two_at_once_at_one_host() -> None:
    server, _ = all_fetched(["http://a.example/slow.jpg"] * 9, SLOW)
    assert server.most_at_once == 2


def test_so_many_at_once_in_all() -> None:
    links = [f"http://{name}.example/slow.jpg" for name in "abcdefgh"] * 2
    server, _ = all_fetched(links, SLOW, at_once=5)
    assert server.most_at_once == 5


def test_a_slow_host_keeps_no_other_one_waiting() -> None:
    slow, quick = ["http://slow.example/s.jpg"] * 8, ["http://quick.example/q.jpg"] * 8
    answers = {"/s.jpg": [slowly(jpeg(), 0.2)]}
    _, seconds = all_fetched(slow + quick, answers, at_once=3)
    assert max(seconds[8:]) < 0.5 < max(seconds[:8])


def test_a_host_that_asks_for_rest_gets_it_from_all() -> None:
    answers = {"/a.jpg": [answer(429, Retry_After=1), answer(200, jpeg())]}
    _, seconds = all_fetched(["http://a.example/a.jpg"] * 3, answers, per_host=1, longest_wait=5.0)
    assert min(seconds) >= 0.99
