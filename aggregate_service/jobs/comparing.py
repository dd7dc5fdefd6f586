"""Duplicates are looked for among each picture's nearest neighbours, as vectors come in.

Encoders find likenesses; which of them are copies is told by the greys of the two pictures.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial

import numpy as np
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import PictureIsMissing
from aggregate_service.files.image_store import ImageStore
from aggregate_service.search.calibration import calibration_of
from picture_files.errors import UnreadablePicture
from picture_files.signature import Signature, are_copies, signature_of
from service_kit.collection_name import collection_name
from service_kit.problems import Problem

log = logging.getLogger("aggregate.duplicates")
_AT_ONCE = 256
_NEIGHBOURS = 16
NEAR = 0.8
"""The cosine from which on two pictures are looked at more closely; benchmarks/duplicates.py measures it."""
_EVERY_SECONDS = 30.0
_MOST_KEPT = 20_000  # of a kilobyte each


class Comparing:
    """Now and then, until it is cancelled. What can't be reached now is another time."""

    def __init__(
        self, catalog: Catalog, store: ImageStore, embedding: EmbeddingClient, search: SearchClient
    ) -> None:
        self._catalog, self._store, self._embedding, self._search = catalog, store, embedding, search
        self._read: dict[int, Signature | None] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)  # first of all, too: a start has better things to do
            try:
                if compared := await self.compare():
                    log.info("looked for duplicates of %d pictures", compared)
            except Problem as problem:
                log.debug("duplicates aren't looked for now: %s", problem.detail)

    async def compare(self) -> int:
        """All pictures of the encoder that answers which weren't compared yet; how many there were."""
        fingerprint, compared = (await self._embedding.encoder()).fingerprint, 0
        collection = collection_name(fingerprint)
        self._read.clear()
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
        rows = zip(stored, found.indexes, found.scores, strict=True)
        near = {
            (min(id_, other), max(id_, other)): score
            for id_, others, scores in rows
            for other, score in zip(others, scores, strict=True)
            if other != id_ and score >= NEAR
        }
        same = calibration_of(fingerprint).same
        return await run_in_threadpool(self._copies, near, same)

    def _copies(self, near: Mapping[tuple[int, int], float], same: float) -> list[tuple[int, int]]:
        """Those whose greys are the same; where there are none, those that the encoder can't tell apart."""
        pictures = self._catalog.pictures({id_ for pair in near for id_ in pair})
        greys = {id_: self._signature(picture) for id_, picture in pictures.items()}
        return [
            (one, other)
            for (one, other), score in near.items()
            if _is_copy(greys.get(one), greys.get(other), score >= same)
        ]

    def _signature(self, picture: Picture) -> Signature | None:
        """Pictures that are near each other come in together, mostly: a file is read once for all of them."""
        if picture.id not in self._read:
            if len(self._read) >= _MOST_KEPT:
                self._read.clear()
            self._read[picture.id] = self._read_signature(picture)
        return self._read[picture.id]

    def _read_signature(self, picture: Picture) -> Signature | None:
        try:
            with self._store.open_picture(picture) as file:
                return signature_of(file, self._store.limits)
        except (PictureIsMissing, UnreadablePicture, OSError):
            return None


def _is_copy(one: Signature | None, other: Signature | None, looks_the_same: bool) -> bool:
    """Of two without greys the encoder says it; one with and one without are no copies."""
    if one is None or other is None:
        return looks_the_same and one is other
    return are_copies(one, other)
