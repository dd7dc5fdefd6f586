"""The collection of projected vectors: made of the encoder's own, which are stored, and kept beside them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.pictures import batched
from aggregate_service.clients.search import SearchClient
from aggregate_service.improvement.projection import Projection
from aggregate_service.improvement.projections import Projections
from aggregate_service.jobs.vectors_stored import StoredVectors
from service_kit.collection_name import collection_name
from service_kit.problems import Problem

log = logging.getLogger("aggregate.improvement")
_AT_ONCE = 1_000
_EVERY_SECONDS = 60.0
Vector = NDArray[np.float32]


class ImprovedVectors:
    def __init__(self, catalog: Catalog, search: SearchClient, projections: Projections) -> None:
        self._catalog, self._search, self._projections = catalog, search, projections
        self._stored = StoredVectors(catalog, search)

    async def run(self) -> None:
        """Until it is cancelled: what another process missed follows, what is retired is removed."""
        while True:
            try:
                await self.mend()
            except Problem as problem:
                log.debug("the improved vectors wait: %s", problem.detail)
            await asyncio.sleep(_EVERY_SECONDS)

    async def mend(self) -> None:
        projection = await self._projections.current()
        if projection is not None and await run_in_threadpool(self._differs, projection):
            await self.catch_up(projection)
        for fingerprint in await run_in_threadpool(self._projections.retired):
            await self._remove(fingerprint)

    async def follow(self, fingerprint: str, vectors: Mapping[int, Vector]) -> None:
        """These have just been stored for the encoder: theirs follow, if a projection of it is in use."""
        projection = await self._projections.current()
        if vectors and projection is not None and projection.plain == fingerprint:
            await self._send(projection, vectors)

    async def forget(self, ids: Sequence[int]) -> None:
        """These pictures are no more."""
        projection = await self._projections.current()
        if projection is not None:
            await self._search.delete(collection_name(projection.fingerprint), ids)

    async def catch_up(
        self, projection: Projection, go_on: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """What the encoder's collection has and this one hasn't, and the other way round.

        `go_on` is awaited between steps, and may raise.
        """
        collection, plain = collection_name(projection.fingerprint), collection_name(projection.plain)
        await self._stored.agree(collection)
        there = await run_in_threadpool(self._catalog.indexed, plain)
        mine = await run_in_threadpool(self._catalog.indexed, collection)
        for ids in batched(sorted(there - mine), _AT_ONCE):
            if go_on is not None:
                await go_on()
            await self._send(projection, await self._search.vectors(projection.plain, ids))
        surplus = sorted(mine - there)
        being_added = await self._search.vectors(projection.plain, surplus)  # stored, and marked in a moment
        if gone := [id_ for id_ in surplus if id_ not in being_added]:
            await self._take_out(collection, gone)

    async def _send(self, projection: Projection, vectors: Mapping[int, Vector]) -> None:
        if not vectors:
            return
        collection, ids = collection_name(projection.fingerprint), list(vectors)
        rows = await run_in_threadpool(projection.apply, np.stack(list(vectors.values())))
        await run_in_threadpool(self._catalog.use_collection, collection)
        await self._search.upsert(projection.fingerprint, ids, rows)
        marked = await run_in_threadpool(self._catalog.mark_indexed, collection, ids)
        if gone := sorted(set(ids) - marked):  # deleted meanwhile
            await self._search.delete(collection, gone)

    async def _remove(self, fingerprint: str) -> None:
        collection = collection_name(fingerprint)
        ids = await self._search.ids(collection) | await run_in_threadpool(self._catalog.indexed, collection)
        for some in batched(sorted(ids), _AT_ONCE):
            await self._take_out(collection, some)
        await run_in_threadpool(self._projections.forget, fingerprint)

    async def _take_out(self, collection: str, ids: Sequence[int]) -> None:
        await self._search.delete(collection, ids)
        await run_in_threadpool(self._catalog.unmark_indexed, collection, ids)

    def _differs(self, projection: Projection) -> bool:
        counts = {
            self._catalog.searchable_count(collection_name(fingerprint))
            for fingerprint in (projection.plain, projection.fingerprint)
        }
        return len(counts) > 1
