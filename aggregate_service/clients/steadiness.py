"""Waiting out the database's bad minute: what a request can't, a job can."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from aggregate_service.errors import DatabaseAway

log = logging.getLogger("aggregate.worker")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 10.0
T = TypeVar("T")


async def steadily(call: Callable[[], T]) -> T:
    """Run a transaction in a thread, as often as it takes: a database that is away or full comes back."""
    wait = _FIRST_WAIT
    while True:
        try:
            return await run_in_threadpool(call)
        except DatabaseAway as away:
            log.warning("%s", away.detail)
        await asyncio.sleep(wait)
        wait = min(wait * 2, _LONGEST_WAIT)
