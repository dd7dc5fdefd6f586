"""What goes on beside the requests: jobs, lists, folders; stopped with the service, never by an error."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

log = logging.getLogger("aggregate.worker")
_REST_SECONDS = 5.0
Task = Callable[[], Awaitable[None]]


class Background:
    """Tasks that run for ever; one that crashes is logged, counted and restarted."""

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self._tasks = tasks
        self.crashes: Counter[str] = Counter()
        self._running: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._running = [asyncio.create_task(self._keep_up(name, task)) for name, task in self._tasks.items()]

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _keep_up(self, name: str, task: Task) -> None:
        while True:
            try:
                await task()
                return
            except Exception:  # the last line of defence: else jobs would stand still while all looks well
                log.exception("%s crashed; restarting", name)
                self.crashes[name] += 1
            await asyncio.sleep(_REST_SECONDS)
