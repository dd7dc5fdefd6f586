"""Catalogue and search service brought to one mind: which pictures have a vector there, and whose."""

import logging

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import ForeignCollection
from aggregate_service.jobs.portable import ADOPT

log = logging.getLogger("aggregate.folders")


class StoredVectors:
    """Nothing here deletes a vector: one that this catalogue doesn't know may be somebody else's."""

    def __init__(self, catalog: Catalog, search: SearchClient) -> None:
        self._catalog, self._search = catalog, search

    async def agree(self, collection: str) -> None:
        """What the search service lost is to be embedded again; ids of unknown vectors are never used."""
        await self.claim(collection)
        marked = await run_in_threadpool(self._catalog.indexed, collection)  # before: marks follow vectors
        stored = await self._search.ids(collection)
        await run_in_threadpool(self._believe, collection, marked, stored)

    async def claim(self, collection: str) -> None:
        """To be called before the first vector is sent there. `ForeignCollection` when it isn't ours.

        One that is nobody's (an older version's) becomes ours when we know all that it holds. Beside an
        imported list of pictures it is the other way round: this catalogue goes on as the one it was.
        """
        there = (await self._search.collections()).get(collection)
        if there is not None and there.count and there.catalogue != self._catalog.identity():
            imported = await run_in_threadpool(self._catalog.get, ADOPT)
            if (there.catalogue and not imported) or await self._unknown(collection):
                raise ForeignCollection(collection, there.catalogue)
            if there.catalogue:
                await run_in_threadpool(self._catalog.inherit, there.catalogue)
            else:
                await self._search.adopt(collection, None)
            log.info("the collection %s belongs to this catalogue from now on", collection)
        await run_in_threadpool(self._catalog.use_collection, collection)

    async def adopt(self, collection: str) -> None:
        """A person says that it is ours, whoever's it was until now."""
        there = (await self._search.collections()).get(collection)
        if there is not None:
            await self._search.adopt(collection, there.catalogue)
        await run_in_threadpool(self._catalog.use_collection, collection)

    async def _unknown(self, collection: str) -> set[int]:
        stored = await self._search.ids(collection)
        return stored - await run_in_threadpool(self._catalog.ever_known, stored)

    def _believe(self, collection: str, marked: set[int], stored: set[int]) -> None:
        with self._catalog.transaction():
            self._catalog.unmark_indexed(collection, marked - stored)
            self._catalog.avoid_ids(stored)
            if stored and self._catalog.get(ADOPT):
                self._catalog.mark_indexed(collection, stored)
                self._catalog.put(ADOPT, "")
