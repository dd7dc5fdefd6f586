"""Duplicates are looked for among each picture's nearest neighbours, as vectors come in."""

import asyncio
import logging
from functools import partial

import numpy as np
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.search.calibration import calibration_of
from service_kit.collection_name import collection_name
from service_kit.problems import Problem

log = logging.getLogger("aggregate.duplicates")
_AT_ONCE = 256
_NEIGHBOURS = 16
_EVERY_SECONDS = 10.0


class Comparing:
    """Now and then, until it is cancelled. What can't be reached now is another time."""

    def __init__(self, catalog: Catalog, embedding: EmbeddingClient, search: SearchClient) -> None:
        self._catalog, self._embedding, self._search = catalog, embedding, search

    async def run(self) -> None:
        while True:
            try:
                if compared := await self.compare():
                    log.info("looked for duplicates of %d pictures", compared)
            except Problem as problem:
                log.debug("duplicates aren't looked for now: %s", problem.detail)
            await asyncio.sleep(_EVERY_SECONDS)

    async def compare(self) -> int:
        """All pictures of the encoder that answers which weren't compared yet; how many there were."""
        fingerprint, compared = (await self._embedding.encoder()).fingerprint, 0
        collection = collection_name(fingerprint)
        while ids := await run_in_threadpool(self._catalog.uncompared, collection, _AT_ONCE):
            pairs = await self._pairs(fingerprint, ids)
            await run_in_threadpool(partial(self._catalog.note_duplicates, collection, ids, pairs))
            compared += len(ids)
        return compared

    async def _pairs(self, fingerprint: str, ids: list[int]) -> list[tuple[int, int]]:
        stored = await self._search.vectors(fingerprint, ids)
        if not stored:
            return []
        found = await self._search.search(np.stack(list(stored.values())), _NEIGHBOURS, fingerprint)
        same = calibration_of(fingerprint).same
        rows = zip(stored, found.indexes, found.scores, strict=True)
        return [
            (id_, other)
            for id_, others, scores in rows
            for other, score in zip(others, scores, strict=True)
            if other != id_ and score >= same
        ]
