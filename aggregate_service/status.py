"""How the other two services are, asked quickly: for the page, which always loads, and for `/readyz`."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from aggregate_service.clients.embedding import EmbeddingClient, Encoder
from aggregate_service.clients.search import SearchClient, collection_name
from aggregate_service.errors import DatabaseAway, NotIndexed
from aggregate_service.gallery import Gallery
from aggregate_service.page import PageStatus
from service_kit.problems import Problem, Unavailable

_SECONDS = 1.2  # for both together; the page has to load within 2 s
T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """What could be learned; `problem` is why a search couldn't be answered now, if so."""

    encoder: Encoder | None = None
    count: int | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class GallerySaid:
    """What people are told of the folders that are served."""

    label: str
    notice: str | None
    problem: Problem | None = None


class StatusBoard:
    def __init__(self, embedding: EmbeddingClient, search: SearchClient, gallery: Gallery) -> None:
        self._embedding, self._search, self._gallery = embedding, search, gallery

    async def for_page(self) -> PageStatus:
        """Within 1.2 s, whatever the others do."""
        return await run_in_threadpool(self._page_status, await self._look())

    async def for_page_of_failure(self) -> PageStatus:
        """For a page that shows that a service is down: nobody is asked, so nobody is waited for again."""
        return await run_in_threadpool(self._page_status, Standing())

    async def readiness(self) -> dict[str, Any]:
        """What `/readyz` says; a 503 while a search couldn't be answered."""
        standing = await self._look()
        gallery = await run_in_threadpool(self._said_of_gallery)
        if problem := standing.problem or gallery.problem:
            raise Unavailable(problem.detail)
        encoder = standing.encoder
        return {"count": standing.count} | (encoder.model_dump() if encoder else {})

    async def _look(self) -> Standing:
        encoder, collections = await asyncio.gather(
            _or_problem(self._embedding.encoder(_SECONDS)), _or_problem(self._search.collections(_SECONDS))
        )
        if isinstance(encoder, Problem):
            return Standing(problem=encoder)
        if isinstance(collections, Problem):
            return Standing(encoder, problem=collections)
        collection = collections.get(collection_name(encoder.fingerprint))
        if collection is None or collection.count == 0:
            return Standing(encoder, 0, NotIndexed(encoder.fingerprint))
        return Standing(encoder, collection.count)

    def _page_status(self, standing: Standing) -> PageStatus:
        gallery = self._said_of_gallery()
        encoder, problem = standing.encoder, standing.problem or gallery.problem
        return PageStatus(
            encoder=encoder.model if encoder else None,
            notice=encoder.notice if encoder else None,
            gallery=gallery.label,
            gallery_notice=gallery.notice,
            count=standing.count,
            problem=problem.body() if problem else None,
        )

    def _said_of_gallery(self) -> GallerySaid:
        """The page loads also while the catalogue's database is away."""
        try:
            return GallerySaid(self._gallery.label, self._gallery.notice)
        except DatabaseAway as problem:
            return GallerySaid("", None, problem)


async def _or_problem(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except Problem as problem:
        return problem
