"""One download from a strange server, and what came of it."""

import asyncio
import dataclasses
from typing import Any

from aggregate_service.links.addresses import AddressRules
from aggregate_service.links.body import Downloaded
from aggregate_service.links.fetch import Downloader
from aggregate_service.links.limits import DownloadLimits
from service_kit.problems import Problem
from tests.aggregate_service.links.strange_server import Answer, StrangeServer, running

PATIENT = DownloadLimits(
    max_bytes=300_000, seconds=600, idle_seconds=600, connect_seconds=600, first_wait=0.01, longest_wait=0.05
)


def limits_for(server: StrangeServer, **changed: Any) -> DownloadLimits:
    """Short waits between tries, long ones for answers; this server may be asked although it's local."""
    rules = AddressRules(allowed_hosts=frozenset([server.host]))
    return dataclasses.replace(PATIENT, **{"addresses": rules} | changed)


async def outcome(downloader: Downloader, link: str) -> Downloaded | Problem:
    try:
        return await downloader.fetch(link)
    except Problem as problem:
        return problem


def fetched(
    answers: dict[str, list[Answer]], path: str = "/a.jpg", **limits: Any
) -> tuple[Downloaded | Problem, StrangeServer]:
    """What downloading `path` from a server with these answers gives."""

    async def run() -> tuple[Downloaded | Problem, StrangeServer]:
        async with running(answers) as server:
            downloader = Downloader(limits_for(server, **limits))
            try:
                return await outcome(downloader, f"http://{server.host}{path}"), server
            finally:
                await downloader.close()

    return asyncio.run(run())
