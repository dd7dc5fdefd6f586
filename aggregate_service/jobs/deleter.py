"""The delete path: vectors → rows → bytes. Any step may be repeated, so going on mends a crash anywhere."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import DeletionWaits, ForeignCollection
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.vectors_stored import StoredVectors
from service_kit.problems import Problem

log = logging.getLogger("aggregate.deleting")
_AT_ONCE = 5_000
_OFTEN, _SELDOM = 1.0, 60.0  # seconds between two looks at what is over


class Deleter:
    """Deleted pictures are gone from search at once; for `undo_seconds` they can be brought back."""

    def __init__(
        self,
        catalog: Catalog,
        search: SearchClient,
        store: ImageStore,
        undo_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog, self._search, self._store = catalog, search, store
        self._stored = StoredVectors(catalog, search)
        self._undo_seconds, self._clock = undo_seconds, clock

    async def delete(self, ids: Sequence[int], *, keep_out: bool = True) -> int:
        """How many of these there were. `keep_out`: scans leave their contents out from now on.

        Where the search service is away, `DeletionWaits`: `mend` goes on.
        """
        deleted = 0
        for start in range(0, len(ids), _AT_ONCE):
            until = self._clock() + self._undo_seconds
            some = ids[start : start + _AT_ONCE]
            noted = await run_in_threadpool(self._catalog.intend_deletion, some, until)
            await self.delete_vectors(noted)
            deleted += await run_in_threadpool(partial(self._catalog.delete, noted, until, keep_out=keep_out))
        return deleted

    async def mend(self) -> None:
        """Carry out what was begun, then purge: at the start, and now and then."""
        begun = await run_in_threadpool(self._catalog.deletions_under_way)
        if begun:
            await self.delete(begun)
        await self.purge()

    async def purge(self) -> None:
        """What can't be brought back any more: vectors (again), our own copies of the content, the notes."""
        now = self._clock()
        while over := await run_in_threadpool(self._catalog.deletions_over, now):
            await self.delete_vectors(over)
            await run_in_threadpool(self._store.check_uploads)  # before the catalogue is locked for it
            await run_in_threadpool(self._catalog.forget_deletions, over, now, self._store.discard)

    async def delete_vectors(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        try:
            for collection in await run_in_threadpool(self._catalog.collections):
                await self._delete_from(collection, ids)
        except Problem as problem:
            raise DeletionWaits(problem.detail) from problem

    async def _delete_from(self, collection: str, ids: Sequence[int]) -> None:
        try:
            await self._search.delete(collection, ids)
        except ForeignCollection as foreign:
            if foreign.owner is not None:  # whatever we sent there before, these ids are another's now
                log.warning("%s", foreign.detail)
                return
            await self._stored.claim(collection)
            await self._search.delete(collection, ids)


async def keep_mending(deleter: Deleter, undo_seconds: float) -> None:
    """Until it is cancelled. A service that is away now is there another time."""
    while True:
        try:
            await deleter.mend()
        except Problem as problem:
            log.warning("deletions wait: %s", problem.detail)
        await asyncio.sleep(min(max(undo_seconds, _OFTEN), _SELDOM))
