"""What lives while the service runs: the loaded backend, and threads for everything that blocks."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, suppress
from threading import Event, Lock
from typing import Any, TypeVar

import anyio

from search_service.collection import Collection
from search_service.config import Settings
from search_service.engines.backend import Backend
from search_service.errors import NotLoaded, UnusableSettings
from search_service.portable.portable import import_when_empty
from service_kit.messages.message import message
from service_kit.problems import Problem, Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
_RETRY_SECONDS = 1.0


class Serving:
    """Loads in the background, so that `/healthz` answers and `/readyz` can say why not yet."""

    def __init__(self, settings: Settings, open_backend: Callable[[Settings], Backend]) -> None:
        self.settings = settings
        self.notice: str | None = None
        self._open_backend = open_backend
        self._backend: Backend | None = None
        self._stopping = Event()
        self._handing_over = Lock()  # either the thread that loads closes the backend, or `stop` does
        self._not_yet: str = message("indexes-loading")
        self._reads = anyio.CapacityLimiter(settings.search_threads)
        self._writes = anyio.CapacityLimiter(4)  # apart, so that writes that wait never hold up a search

    @property
    def backend(self) -> Backend:
        if self._backend is None:
            raise NotLoaded(self._not_yet)
        return self._backend

    def loaded(self) -> list[Collection]:
        """All collections; none while they are loading."""
        return [] if self._backend is None else list(self._backend.collections().values())

    async def reading(self, work: Callable[[Backend], T]) -> T:
        """Run it in a thread of its own: the event loop never parses, searches, or waits for a lock."""
        backend = self.backend
        return await anyio.to_thread.run_sync(lambda: work(backend), limiter=self._reads)

    async def writing(self, work: Callable[[Backend], T]) -> T:
        backend = self.backend
        return await anyio.to_thread.run_sync(lambda: work(backend), limiter=self._writes)

    async def run(self) -> None:
        """Load, then maintain and save the indexes now and then, until cancelled."""
        try:
            backend = await self._loaded()
        except (sqlite3.Error, OSError, ImportError, UnusableSettings) as error:
            self._not_yet = self._cannot_load(error)
            log.error(self._not_yet)
            return
        except Exception:  # the last line of defence: else it would say for ever that it is loading
            self._not_yet = f"SEARCH_BACKEND={self.settings.backend} can't be opened; the log has the cause."
            log.exception(self._not_yet)
            return
        await self._logged(backend.measure, self._stopping)
        while True:
            await asyncio.sleep(self.settings.snapshot_seconds)
            await self._logged(backend.maintain, self._stopping)
            await self._logged(backend.save)

    def leave(self) -> None:
        """Let what `run` does end soon; call it before `run` is cancelled."""
        with self._handing_over:
            self._stopping.set()

    async def stop(self) -> None:
        if self._backend is not None:
            await self._logged(self._backend.close)

    async def readiness(self) -> dict[str, Any]:
        counts = await self.reading(_counts)
        return {"collections": len(counts), "vectors": sum(counts), "notice": self.notice}

    async def _loaded(self) -> Backend:
        """An engine on the network that is away, or isn't what it should be, is tried until it is there."""
        while True:
            try:
                return await anyio.to_thread.run_sync(self._load)
            except Unavailable as problem:
                if problem.detail != self._not_yet:
                    self._not_yet = problem.detail
                    log.error("not ready: %s", problem.detail)
                await asyncio.sleep(_RETRY_SECONDS)

    def _cannot_load(self, error: Exception) -> str:
        backend = self.settings.backend
        if isinstance(error, UnusableSettings):
            return str(error)
        if isinstance(error, ImportError):
            return (
                f"SEARCH_BACKEND={backend} needs its extra ({error}): pip install 'image-search[{backend}]'."
            )
        return f"The store in {self.settings.data_dir} can't be opened: {error}."

    def _load(self) -> Backend:
        """Nobody waits any longer for what is loaded after `leave`, so it is closed here."""
        backend = self._open_backend(self.settings)
        with ExitStack() as closing:
            closing.callback(backend.close)
            self.notice = import_when_empty(backend, self.settings.index_save_path)
            with self._handing_over:
                if not self._stopping.is_set():
                    self._backend = backend
                    closing.pop_all()
        return backend

    async def _logged(self, work: Callable[..., None], *given: object) -> None:
        """The store has everything: where this fails, only speed is lost, until the next time."""
        try:
            await anyio.to_thread.run_sync(work, *given)
        except (OSError, MemoryError, sqlite3.Error, Problem) as error:
            log.error("%s of the indexes failed: %s", work.__name__, error or type(error).__name__)


def _counts(backend: Backend) -> list[int]:
    return [collection.index.stats().count for collection in backend.collections().values()]


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
