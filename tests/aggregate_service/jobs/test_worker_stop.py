"""A worker that is stopped leaves nothing leased, whatever its threads were doing at that moment."""

import asyncio
import threading
from time import time
from typing import Any, cast

from aggregate_service.catalogue.database import Database
from aggregate_service.jobs.jobs import UPLOAD, Jobs, NewItem
from aggregate_service.jobs.leases import Item, Leases
from aggregate_service.jobs.worker import Worker, WorkerOptions
from tests.waiting import wait_until

_NEVER_REACHED = cast(Any, None)


class HeldLeases(Leases):
    """Takes its items once it may."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(jobs, "one", 20.0)
        self.asked, self.may_take = threading.Event(), threading.Event()

    def lease(self, limit: int) -> list[Item]:
        self.asked.set()
        assert self.may_take.wait(120)
        return super().lease(limit)


def test_what_is_being_leased_at_the_stop_is_given_back(database_url: str) -> None:
    database = Database(database_url)
    jobs = Jobs(database, time)
    jobs.create(UPLOAD, {}, [NewItem({"name": "a.png"})])
    leases = HeldLeases(jobs)
    worker = Worker(leases, _NEVER_REACHED, _NEVER_REACHED, WorkerOptions())

    async def stop_in_the_middle() -> None:
        running = asyncio.create_task(worker.run())
        assert await asyncio.to_thread(leases.asked.wait, 120)
        before = set(threading.enumerate())
        running.cancel()

        def is_begun() -> bool:
            """The release has a thread of its own; others may end meanwhile."""
            return not before.issuperset(threading.enumerate())

        await asyncio.to_thread(wait_until, is_begun, "the release to begin")
        leases.may_take.set()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(stop_in_the_middle())
    assert len(Leases(jobs, "two", 20.0).lease(10)) == 1
    database.close()
