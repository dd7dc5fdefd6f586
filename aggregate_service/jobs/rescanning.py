"""Scans on a schedule: shares of other machines send no word of what changed in them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.patience import steadily
from aggregate_service.jobs.schedule import Schedule

_LOOK_SECONDS = 30.0  # clocks are put right, and machines sleep


class Rescanning:
    """Asks for a scan of every folder, each time that its schedule says, until it is cancelled."""

    def __init__(
        self,
        schedule: Schedule,
        gallery: Gallery,
        runs: FolderJobs,
        clock: Callable[[], datetime] = datetime.now,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._schedule, self._gallery, self._runs = schedule, gallery, runs
        self._clock, self._sleep = clock, sleep

    async def run(self) -> None:
        due = self._schedule.after(self._clock())
        while True:
            await self._sleep(_LOOK_SECONDS)
            if (now := self._clock()) >= due:
                await steadily(self._request)
                due = self._schedule.after(now)

    def _request(self) -> None:
        for root in self._gallery.catalog.roots.all():
            if root.path:
                self._runs.request(FolderRun(str(self._gallery.folder(root.id))))
