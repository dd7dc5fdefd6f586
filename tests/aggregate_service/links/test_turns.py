"""Politeness: two at once at a host, sixteen in all, and a slow host keeps no other one waiting."""

import asyncio
import time
from collections.abc import Callable, Sequence
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
    links: Sequence[str],
    answers: dict[str, list[Answer]],
    *,
    together: int = 0,
    note: Callable[[str], None] = lambda _link: None,
    **limits: Any,
) -> StrangeServer:
    """Fetches all at once from one server behind every name; `note` is told each one that is there."""

    async def run() -> StrangeServer:
        async with running(answers, together=together) as server:
            network = RecordingNetwork(server.port)
            patient = limits_for(server, addresses=AddressRules(), **limits)
            downloader = Downloader(patient, FakeResolver([PUBLIC]), network)

            async def fetch(link: str) -> None:
                assert isinstance(await outcome(downloader, link), Downloaded)
                note(link)

            await asyncio.gather(*(fetch(link) for link in links))
            await downloader.close()
            return server

    return asyncio.run(run())


SLOW = {"/slow.jpg": [slowly(jpeg(), 0.05)]}


def test_two_at_once_at_one_host() -> None:
    server = all_fetched(["http://a.example/slow.jpg"] * 9, SLOW, together=2)
    assert server.most_at_once == 2


def test_so_many_at_once_in_all() -> None:
    links = [f"http://{name}.example/slow.jpg" for name in "abcdefgh"] * 2
    server = all_fetched(links, SLOW, at_once=5, together=5)
    assert server.most_at_once == 5


def test_a_slow_host_keeps_no_other_one_waiting() -> None:
    slow, quick = ["http://slow.example/s.jpg"] * 8, ["http://quick.example/q.jpg"] * 8
    fetched, quick_ones_are_there = list[str](), asyncio.Event()

    def note(link: str) -> None:
        fetched.append(link)
        if len(fetched) == len(quick):
            quick_ones_are_there.set()

    async def after_the_quick_ones(writer: asyncio.StreamWriter) -> None:
        await quick_ones_are_there.wait()
        await answer(200, jpeg())(writer)

    all_fetched(slow + quick, {"/s.jpg": [after_the_quick_ones]}, note=note, at_once=3)
    assert fetched == quick + slow


def test_a_host_that_asks_for_rest_gets_it_from_all() -> None:
    answers = {"/a.jpg": [answer(429, Retry_After=1), answer(200, jpeg())]}
    started = time.monotonic()
    all_fetched(["http://a.example/a.jpg"] * 3, answers, per_host=1, longest_wait=5.0)
    assert time.monotonic() - started >= 0.99
