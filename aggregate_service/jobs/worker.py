"""Takes up queued jobs: items are leased, prepared one by one, embedded together, finished once."""

import asyncio
import bisect
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic

from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.batches import Batches
from aggregate_service.jobs.endings import Endings
from aggregate_service.jobs.leases import Item, Leases, Outcome
from aggregate_service.jobs.patience import Abandoned, Patience, steadily
from aggregate_service.jobs.sources.base import IntakeKind, Prepared
from service_kit.messages.message import message
from service_kit.problems import Problem

log = logging.getLogger("aggregate.worker")
_GATHER_SECONDS = 5.0  # the longest that pictures that are ready wait for others to go with them
_UNEXPECTED = message("job-failed-inside")


@dataclass(frozen=True)
class WorkerOptions:
    """`held` bounds the items leased at once: downloads under way, pictures waiting for their turn."""

    batch: int = 32
    in_flight: int = 4
    held: int = 256
    batch_bytes: int = 64_000_000
    lease_seconds: float = 20.0
    poll_seconds: float = 1.0


class Worker:
    """Runs until it is cancelled. Several of them, in one process or many, share the work."""

    def __init__(
        self,
        leases: Leases,
        kind_of: Callable[[str], IntakeKind],
        batches: Batches,
        options: WorkerOptions,
    ) -> None:
        self._leases, self._kind_of, self._batches, self._options = leases, kind_of, batches, options
        self._endings = Endings(leases)
        self._soon: set[tuple[str, int]] = set()  # items that will be ready in a moment
        self._held: dict[tuple[str, int], Item] = {}
        self._ready: list[Prepared] = []  # in the order of their lists, as far as that is known
        self._ended: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leasing, self._stopped = threading.Lock(), False
        self._work, self._more_ready, self._room = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def wake(self) -> None:
        """There is new work; called from any thread, before and after the worker runs too."""
        if (loop := self._loop) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._work.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._soon.clear()
        self._held.clear()
        self._ready.clear()
        self._endings.set_aside.clear()
        self._stopped = False
        await steadily(self._leases.release_dead)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._lease_all(group))
                group.create_task(self._keep_leases())
                for _ in range(self._options.in_flight):
                    group.create_task(self._index_all())
        finally:
            self._loop = None
            await run_in_threadpool(self._release)

    async def _lease_all(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._wait_for_room()
            self._work.clear()
            items = await steadily(self._lease)
            for item in items:
                self._held[item.job_id, item.number] = item
                group.create_task(self._prepare(item))
            if not items:
                await _either(self._work, self._options.poll_seconds)

    def _lease(self) -> list[Item]:
        with self._leasing:
            if self._stopped or self._leases.idle():
                return []
            return self._leases.lease(self._options.batch)

    def _release(self) -> None:
        """Not before the thread of a cancelled `_lease` is through: what it took would stay taken."""
        with self._leasing:
            self._stopped = True
            self._leases.release()

    async def _wait_for_room(self) -> None:
        while len(self._held) + self._options.batch > self._options.held:
            self._room.clear()
            await self._room.wait()

    async def _keep_leases(self) -> None:
        """Says four times a lease that we live; once a poll, what was cancelled is forgotten."""
        renewed = monotonic()
        while True:
            await asyncio.sleep(self._options.poll_seconds)
            if not (self._held or self._endings.set_aside):
                continue
            if monotonic() - renewed >= self._options.lease_seconds / 4:
                await steadily(self._leases.heartbeat)
                await self._endings.say()
                renewed = monotonic()
            jobs = {item.job_id for item in self._held.values()}
            self._ended = await steadily(partial(self._leases.ended, jobs))
            self._forget([item for item in self._held.values() if item.job_id in self._ended])

    async def _prepare(self, item: Item) -> None:
        """Everything that one item needs alone: reading it, downloading it."""
        kind = self._kind_of(item.kind)
        if kind.quick:
            self._soon.add((item.job_id, item.number))
        try:
            prepared = await self._patience(item)(lambda: kind.prepare(item))
        except Abandoned:
            self._forget([item])
        except Problem as problem:
            again = problem.status >= 500
            await self._end(Outcome(item, status=problem.status, error=problem.detail, again=again))
        except Exception:  # the last line of defence: an item that nobody foresaw must not stop the others
            log.exception("item %d of job %s failed unexpectedly", item.number, item.job_id)
            await self._end(Outcome(item, status=500, error=_UNEXPECTED, again=True))
        else:
            if isinstance(prepared, Outcome):
                await self._end(prepared)
            else:
                bisect.insort(self._ready, prepared, key=_turn)
        finally:
            self._soon.discard((item.job_id, item.number))
            self._more_ready.set()

    async def _end(self, outcome: Outcome) -> None:
        await self._endings.write([outcome])
        self._forget([outcome.item])

    def _patience(self, item: Item) -> Patience:
        """A full disk, a database that is away are waited out: they aren't the item's fault."""

        async def wanted() -> bool:
            return item.job_id not in self._ended

        return Patience(partial(self._leases.say_waiting, [item.job_id]), wanted)

    async def _index_all(self) -> None:
        while True:
            await self._gather()
            batch = self._next_batch()
            if batch:
                await self._index(batch)
            self._forget([prepared.item for prepared in batch])

    async def _gather(self) -> None:
        """Until a batch is full and in order, or nothing will be ready in a moment."""
        while not self._ready:
            self._more_ready.clear()
            await self._more_ready.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GATHER_SECONDS):
                while self._soon and not self._is_full():
                    self._more_ready.clear()
                    await self._more_ready.wait()

    def _is_full(self) -> bool:
        batch = self._ready[: self._options.batch]
        last = {prepared.item.job_id: prepared.item.number for prepared in batch}
        earlier = any(number < last.get(job_id, 0) for job_id, number in self._soon)
        return len(batch) == self._options.batch and not earlier

    def _next_batch(self) -> list[Prepared]:
        """What is ready, up to a batch; what failed before goes alone, so that it spoils no other's try."""
        batch: list[Prepared] = []
        weight = 0
        while self._ready and len(batch) < self._options.batch:
            prepared = self._ready[0]
            weight += prepared.facts.size
            alone = prepared.item.tries > 0
            if batch and (alone or weight > self._options.batch_bytes):
                break
            self._ready.pop(0)
            if prepared.item.job_id not in self._ended:
                batch.append(prepared)
            if alone:
                break
        return batch

    async def _index(self, batch: Sequence[Prepared]) -> None:
        try:
            await self._batches.index(batch, self._is_active)
        except Abandoned:
            return
        except Problem as problem:
            again = len(batch) > 1 or problem.status >= 500
            outcomes = [
                Outcome(p.item, status=problem.status, error=problem.detail, again=again) for p in batch
            ]
            await self._endings.write(outcomes)
        except Exception:  # as above
            log.exception("a batch of %d items failed unexpectedly", len(batch))
            outcomes = [Outcome(p.item, status=500, error=_UNEXPECTED, again=True) for p in batch]
            await self._endings.write(outcomes)

    def _is_active(self, job_id: str) -> bool:
        return job_id not in self._ended

    def _forget(self, items: Sequence[Item]) -> None:
        for item in items:
            self._held.pop((item.job_id, item.number), None)
        self._room.set()


def _turn(prepared: Prepared) -> tuple[int, int]:
    return prepared.item.tries, prepared.item.number


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
