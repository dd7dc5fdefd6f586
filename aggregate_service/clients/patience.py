"""Waiting out another service's bad minute while indexing: what a search can't, a long run can."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from service_kit.problems import Problem

_PASSING = (429, 502, 503)
_LONGEST_WAIT = 10.0
T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]], tries: int = 7, first_wait: float = 0.5) -> T:
    """Repeat an idempotent call while it is refused for reasons that pass; the last problem is raised."""
    for attempt in range(tries - 1):
        try:
            return await call()
        except Problem as problem:
            if problem.status not in _PASSING:
                raise
            await asyncio.sleep(asked_wait(problem) or min(first_wait * 2**attempt, _LONGEST_WAIT))
    return await call()


def asked_wait(problem: Problem) -> float | None:
    asked = (problem.headers or {}).get("Retry-After", "")
    return min(float(asked), _LONGEST_WAIT) if asked.isdigit() else None
