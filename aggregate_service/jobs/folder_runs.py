"""A folder run with its row beside it: progress once a second, cancels noticed, services waited for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aggregate_service.clients.steadiness import steadily
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun, folder_run
from aggregate_service.jobs.indexing import Progress, Report
from aggregate_service.jobs.jobs import DONE, FAILED, Job, NewItem
from aggregate_service.jobs.scan import Skipped
from service_kit.problems import Problem

log = logging.getLogger("aggregate.folders")
_LOOK_SECONDS = 1.0
_PASSING = (429, 502, 503)
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 8.0
_UNEXPECTED = "Something went wrong inside the service; its log has the cause."
Run = Callable[[Progress], Awaitable[Report]]
RunFolder = Callable[[FolderRun, Progress], Awaitable[Report]]


class RunAsJob:
    """One run with its row: progress once a second, a cancel taken notice of, services waited for."""

    def __init__(self, rows: FolderJobs, job: Job, *, patient: bool = True) -> None:
        self._rows, self._job, self._patient = rows, job, patient
        self._done = self._total = 0

    async def run(self, run: Run, progress: Progress = lambda _step, _done, _total: None) -> Report | None:
        """The report; None when the job was cancelled. A run is repeatable, so one that failed goes on."""

        def tell(step: str, done: int, total: int) -> None:
            self._note(step, done, total)
            progress(step, done, total)

        wait = _FIRST_WAIT
        while True:
            try:
                return await self._once(run, tell)
            except Problem as problem:
                if not self._patient or problem.status not in _PASSING:
                    await self._fail(problem)
                    raise
                reason = problem.detail
            await steadily(partial(self._rows.say_waiting, self._job.id, reason))
            if not await self._wait(wait):
                return None
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _once(self, run: Run, tell: Progress) -> Report | None:
        task = asyncio.ensure_future(run(tell))
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=_LOOK_SECONDS)
                if not task.done() and not await self._keep():
                    return None
            report = task.result()
        except asyncio.CancelledError:
            await asyncio.shield(steadily(lambda: self._rows.let_go(self._job.id)))
            raise
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        errors = [_error(skipped) for skipped in report.skipped]
        done = max(report.found - len(errors), 0)
        await steadily(lambda: self._rows.end(self._job.id, DONE, done, errors, report.counts()))
        return report

    async def _keep(self) -> bool:
        return await steadily(lambda: self._rows.keep(self._job.id, self._done, self._total))

    async def _wait(self, seconds: float) -> bool:
        for _ in range(int(seconds / _LOOK_SECONDS)):
            await asyncio.sleep(_LOOK_SECONDS)
            if not await self._keep():
                return False
        await steadily(lambda: self._rows.say_waiting(self._job.id, None))
        return True

    async def _fail(self, problem: Problem) -> None:
        error = NewItem({"name": self._job.params["folder"]}, problem.status, problem.detail)
        await steadily(lambda: self._rows.end(self._job.id, FAILED, self._done, [error]))

    def _note(self, step: str, done: int, total: int) -> None:
        """Scanning finds how many there are; of those, the ones to embed are the ones not done yet."""
        if step == "Scanning":
            self._total = total
        else:
            self._total = max(self._total, total)
            self._done = self._total - total + done


class FolderRunner:
    """Does the folder runs that are asked for, one after the other; runs until it is cancelled."""

    def __init__(self, rows: FolderJobs, index: RunFolder, poll_seconds: float = 1.0) -> None:
        self._rows, self._index, self._poll_seconds = rows, index, poll_seconds

    async def run(self) -> None:
        while True:
            job = await steadily(self._rows.claim)
            if job is None:
                await asyncio.sleep(self._poll_seconds)
                continue
            asked = folder_run(job)
            try:
                await RunAsJob(self._rows, job).run(partial(self._index, asked))
            except Problem as problem:
                log.warning("%s wasn't indexed: %s", asked.folder, problem.detail)
            except Exception:  # the last line of defence: the next start would stumble over it again
                log.exception("the run over %s failed unexpectedly", asked.folder)
                await self._give_up(job)

    async def _give_up(self, job: Job) -> None:
        error = NewItem({"name": job.params["folder"]}, 500, _UNEXPECTED)
        await steadily(lambda: self._rows.end(job.id, FAILED, 0, [error]))


def _error(skipped: Skipped) -> NewItem:
    return NewItem({"name": skipped.path}, 422, skipped.reason)
