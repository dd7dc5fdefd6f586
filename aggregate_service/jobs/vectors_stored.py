"""Catalogue and search service brought to one mind: which pictures have a vector there, and whose."""

import logging

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.search import SearchClient
from aggregate_service.jobs.portable import ADOPT

log = logging.getLogger("aggregate.folders")


class StoredVectors:
    def __init__(self, catalog: Catalog, search: SearchClient) -> None:
        self._catalog, self._search = catalog, search

    async def agree(self, collection: str) -> None:
        """What the search service lost is to be embedded again; vectors that nobody knows stay there."""
        marked = await run_in_threadpool(self._catalog.indexed, collection)  # before: marks follow vectors
        stored = await self._search.ids(collection)
        await run_in_threadpool(self._believe, collection, marked, stored)

    def _believe(self, collection: str, marked: set[int], stored: set[int]) -> None:
        with self._catalog.transaction():
            self._catalog.unmark_indexed(collection, marked - stored)
            self._catalog.avoid_ids(stored)
            if stored and self._catalog.get(ADOPT):
                self._catalog.mark_indexed(collection, stored)
                self._catalog.put(ADOPT, "")
