"""What is left behind is cleared away now and then: broken uploads, lists of ended jobs, old jobs."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.jobs.patience import steadily
from service_kit.problems import Problem

log = logging.getLogger("aggregate.worker")
_EVERY_SECONDS = 3_600.0
_JOBS_KEPT_SECONDS = 30 * 86_400.0


class Housekeeping:
    """Once at its start, then every hour, until it is cancelled."""

    def __init__(self, jobs: Jobs, contents: ContentStore) -> None:
        self._jobs, self._contents = jobs, contents

    async def run(self) -> None:
        while True:
            try:
                await self.clear()
            except Problem as problem:  # a bucket that is away has nothing that couldn't wait
                log.warning("clearing away waits: %s", problem.detail)
            await asyncio.sleep(_EVERY_SECONDS)

    async def clear(self) -> None:
        """Jobs are forgotten 30 days after their end; what an upload of now needs is left alone."""
        swept = await run_in_threadpool(self._contents.sweep)
        needed = await steadily(self._jobs.lists_in_use)
        swept += await run_in_threadpool(self._contents.sweep_lists, needed)
        forgotten = await steadily(lambda: self._jobs.forget(_JOBS_KEPT_SECONDS))
        if swept or forgotten:
            log.info("%d files of broken uploads and %d old jobs are cleared away", swept, forgotten)
