"""Pictures that have been missing for too long: what is known of them goes, and their vectors."""

import asyncio
import logging
from collections.abc import Callable
from time import time

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.jobs.deleter import Deleter
from service_kit.problems import Problem

log = logging.getLogger("aggregate.deleting")
_EVERY_SECONDS = 3_600.0
_DAY = 86_400.0


class Purging:
    """Once at its start, then every hour, until it is cancelled. Those that nobody could look for stay."""

    def __init__(
        self, catalog: Catalog, deleter: Deleter, days: float, clock: Callable[[], float] = time
    ) -> None:
        self._catalog, self._deleter, self._days, self._clock = catalog, deleter, days, clock

    async def run(self) -> None:
        while True:
            try:
                await self.purge()
            except Problem as problem:
                log.warning("pictures that are missing for long stay for now: %s", problem.detail)
            await asyncio.sleep(_EVERY_SECONDS)

    async def purge(self) -> int:
        """How many pictures went."""
        before, gone = self._clock() - self._days * _DAY, 0
        while ids := await run_in_threadpool(self._catalog.missing_since, before):
            log.info("%d pictures have been missing for %g days and are forgotten", len(ids), self._days)
            gone += await self._deleter.delete(ids, keep_out=False)
        return gone
