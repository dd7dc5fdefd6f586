"""The one retry policy of long work: what passes is waited out, as long as it takes, and said meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from aggregate_service.errors import DatabaseAway, DiskFull
from service_kit.problems import Problem

log = logging.getLogger("aggregate.worker")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
_PROBE_SECONDS = 2.0
_BUSY, _BROKEN, _DOWN = 429, 502, 503
Say = Callable[[str | None], None]
"""Notes what is waited for, in a transaction of its own."""
Probe = Callable[[float], Awaitable[object]]
T = TypeVar("T")


class Abandoned(Exception):
    """Nobody wants the work any more that waits."""


class Patience:
    """Repeats harmless calls while what is in their way passes."""

    def __init__(
        self, say: Say, is_wanted: Callable[[], Awaitable[bool]], probes: Sequence[Probe] = ()
    ) -> None:
        """`probes` ask the other services whether they are ready; `is_wanted` is asked before each try."""
        self._say, self._is_wanted, self._probes = say, is_wanted, probes

    async def __call__(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` returns. `Problem` for what doesn't pass, `Abandoned` when it isn't wanted any more."""
        waits = _waits()
        while True:
            try:
                return await call()
            except Problem as problem:
                if not await self._passes(problem):
                    raise
                passing = problem
            if not await self._is_wanted():
                raise Abandoned
            if passing.status == _BUSY:  # somebody is there and works: no reason to wait ever longer
                await asyncio.sleep(_asked_wait(passing) or _FIRST_WAIT)
                continue
            await steadily(partial(self._say, passing.detail))
            await asyncio.sleep(next(waits))

    async def _passes(self, problem: Problem) -> bool:
        """Busy, down and full pass. A broken answer does only while a service says that it isn't ready."""
        if problem.status in (_BUSY, _DOWN) or isinstance(problem, DiskFull):
            return True
        if problem.status != _BROKEN:
            return False
        try:
            for probe in self._probes:
                await probe(_PROBE_SECONDS)
        except Problem:
            return True
        return False


async def steadily(call: Callable[[], T]) -> T:
    """Run a transaction in a thread, as often as it takes: a database that is away or full comes back."""
    waits = _waits()
    while True:
        try:
            return await run_in_threadpool(call)
        except DatabaseAway as away:
            log.warning("%s", away.detail)
        await asyncio.sleep(next(waits))


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 2, _LONGEST_WAIT)


def _asked_wait(problem: Problem) -> float | None:
    asked = (problem.headers or {}).get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdigit() else None
