"""Long lists become items bit by bit: a list of a million links is never all in memory."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.jobs import Jobs, NewItem
from aggregate_service.jobs.leases import Fed, Leases
from aggregate_service.jobs.patience import steadily
from service_kit.messages.message import message
from service_kit.problems import Problem

log = logging.getLogger("aggregate.worker")
_CHUNK = 500
OpenList = Callable[[Fed], Iterator[NewItem]]


@dataclass
class _Place:
    """Where in a list the next item comes from."""

    position: int
    items: Iterator[NewItem]


class Feeder:
    """Keeps every job that has a list supplied with items; after a crash the list is read again."""

    def __init__(self, jobs: Jobs, leases: Leases, open_list: OpenList, poll_seconds: float = 1.0) -> None:
        self._jobs, self._leases, self._open_list = jobs, leases, open_list
        self._poll_seconds = poll_seconds
        self._places: dict[str, _Place] = {}

    async def run(self) -> None:
        while True:
            fed = await steadily(lambda: self._leases.to_feed(_CHUNK))
            if fed is None:
                await asyncio.sleep(self._poll_seconds)
            else:
                await self._feed(fed)

    async def _feed(self, fed: Fed) -> None:
        try:
            items = await run_in_threadpool(self._next_items, fed)
        except Problem as problem:
            await self._fail(fed, problem.status, problem.detail)
            return
        except Exception:  # the last line of defence: one list must not keep the others from being fed
            log.exception("the list of job %s can't be read", fed.job_id)
            await self._fail(fed, 500, message("list-failed"))
            return
        last = len(items) < _CHUNK
        if not await self._is_fed(fed, items, last) or last:
            self._places.pop(fed.job_id, None)

    async def _is_fed(self, fed: Fed, items: list[NewItem], last: bool) -> bool:
        try:
            return await steadily(lambda: self._jobs.feed(fed.job_id, items, first=fed.total, last=last))
        except Exception:  # as above
            log.exception("the list of job %s can't be stored", fed.job_id)
            await self._fail(fed, 500, message("list-failed"))
            return False

    async def _fail(self, fed: Fed, status: int, detail: str) -> None:
        self._places.pop(fed.job_id, None)
        await steadily(lambda: self._jobs.fail(fed.job_id, str(fed.params["name"]), status, detail))

    def _next_items(self, fed: Fed) -> list[NewItem]:
        place = self._places.get(fed.job_id)
        if place is None or place.position != fed.total:
            place = self._places[fed.job_id] = _Place(fed.total, self._open_list(fed))
            for _ in islice(place.items, fed.total):
                pass
        items = list(islice(place.items, _CHUNK))
        place.position += len(items)
        return items
