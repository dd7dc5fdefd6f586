"""What goes on beside the requests: jobs, lists, folders; stopped with the service, never by an error."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

log = logging.getLogger("aggregate.worker")
_REST_SECONDS = 5.0
Task = Callable[[], Awaitable[None]]


class Background:
    """Tasks that run for ever; one that fails unexpectedly is logged and begun again."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = tasks
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._running = [asyncio.create_task(_kept_up(name, task)) for name, task in self._tasks.items()]

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


async def _kept_up(name: str, task: Task) -> None:
    while True:
        try:
            await task()
            return
        except Exception:  # the last line of defence: without it jobs would stand still while all looks well
            log.exception("%s failed unexpectedly and begins again", name)
        await asyncio.sleep(_REST_SECONDS)
