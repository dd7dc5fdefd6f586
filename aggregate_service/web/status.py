"""How the other two services are, asked quickly: for the page, which always loads, and for `/readyz`."""

import asyncio
import platform
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.clients.embedding import EmbeddingClient, Encoder
from aggregate_service.clients.search import Collection, SearchClient
from aggregate_service.errors import DatabaseAway, FirstIndexFailed, NotIndexed, NotReady
from aggregate_service.improvement.projection import plain_fingerprint
from aggregate_service.jobs.first_index import FirstIndex, Indexing
from aggregate_service.web.page.pages import EncoderChoice, PageStatus
from aggregate_service.web.report import (
    CatalogueState,
    CollectionState,
    Queue,
    ServiceState,
    StatusProblem,
    StatusReport,
)
from service_kit.collection_name import collection_name
from service_kit.messages.message import members, message, recognised
from service_kit.problems import Problem

_SECONDS = 1.2  # for both together; the page has to load within 2 s
_GOOD_RECALL = 0.9
T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """What could be learned; `problem` is why a search couldn't be answered now, if so."""

    encoder: Encoder | None = None
    collections: dict[str, Collection] | None = None
    problem: Problem | None = None

    @property
    def collection(self) -> Collection | None:
        """Where the encoder's vectors are."""
        if self.encoder is None or self.collections is None:
            return None
        return self.collections.get(collection_name(self.encoder.fingerprint))

    @property
    def indexed(self) -> list[Collection]:
        """Those with pictures in them."""
        return [found for found in (self.collections or {}).values() if found.count]

    def of(self, model: str | None) -> "Standing":
        """What it is for an encoder that somebody chose, instead of the one that answers otherwise."""
        if not model or self.encoder is None or self.collections is None or model == self.encoder.model:
            return self
        found = next((found for found in self.indexed if found.model == model), None)
        encoder = Encoder(model=model, fingerprint=found.encoder if found else f"{model}:0")
        return Standing(encoder, self.collections, None if found else NotIndexed(model))

    @property
    def count(self) -> int | None:
        known = self.encoder is not None and self.collections is not None
        return (self.collection.count if self.collection else 0) if known else None


@dataclass(frozen=True)
class GalleryState:
    """What people are told of the folders that are served."""

    label: str
    notice: str | None
    indexing: Indexing | None = None
    problem: Problem | None = None
    missing: int = 0
    unreachable: int = 0
    """Pictures that have a vector and aren't to be found: they are missing, or nobody can look."""

    def shown(self, vectors: int | None) -> int | None:
        """How many of these can be found; None while that isn't known."""
        return None if vectors is None else max(vectors - self.missing - self.unreachable, 0)


class StatusBoard:
    def __init__(
        self,
        embedding: EmbeddingClient,
        search: SearchClient,
        gallery: Gallery,
        first_index: FirstIndex,
        crashes: Mapping[str, int],
    ) -> None:
        """`crashes` counts those of the work beside the requests, by name."""
        self._embedding, self._search, self._gallery = embedding, search, gallery
        self._first_index, self._crashes = first_index, crashes

    async def for_page(self, model: str | None = None) -> PageStatus:
        """Within 1.2 s, whatever the others do; about the encoder that was chosen, or else answers."""
        return await run_in_threadpool(self._page_status, await self._look(), model)

    async def for_page_of_failure(self) -> PageStatus:
        """For a page that shows that a service is down: nobody is asked, so nobody is waited for again."""
        return await run_in_threadpool(self._page_status, Standing())

    async def encoders(self) -> list[EncoderChoice]:
        """Those that are loaded, and those that pictures are indexed with; none while it isn't known."""
        known, collections = await asyncio.gather(
            _or_problem(self._embedding.models(_SECONDS)), _or_problem(self._search.collections(_SECONDS))
        )
        if isinstance(known, Problem) or isinstance(collections, Problem):
            return []
        choices = [
            EncoderChoice(
                name=model.name,
                count=found.count if (found := collections.get(collection_name(model.fingerprint))) else 0,
                words="text" in model.modalities,
                answers=model.default,
            )
            for model in known.models
            if model.loaded or model.default or collection_name(model.fingerprint) in collections
        ]
        return sorted(choices, key=lambda choice: not choice.answers)

    async def readiness(self) -> dict[str, Any]:
        """What `/readyz` says; a 503 while a search couldn't be answered, or not from all pictures."""
        standing = await self._look()
        gallery = await run_in_threadpool(self._gallery_state, standing)
        first = self._first_index
        facts: dict[str, Any] = {} if first.awaits_watch else {"start_job": first.job_id}
        if gallery.indexing:
            progress = message("indexing", done=gallery.indexing.done, total=gallery.indexing.total)
            raise NotReady(progress, indexing=gallery.indexing.model_dump(), **facts)
        if problem := gallery.problem or standing.problem:
            raise NotReady(problem.detail, **facts)
        encoder = standing.encoder
        return {"count": gallery.shown(standing.count)} | (encoder.model_dump() if encoder else {}) | facts

    async def report(self, counts: Callable[[], tuple[int, Queue]]) -> StatusReport:
        """Everything at a glance; `counts` says how many pictures the catalogue has, and which jobs."""
        encoder, collections = await self._ask()
        standing = _standing(encoder, collections)
        gallery = await run_in_threadpool(self._gallery_state, standing)
        if gallery.indexing:
            standing = replace(standing, problem=None)
        away = isinstance(gallery.problem, DatabaseAway)
        catalogued, queue = (0, Queue()) if away else await run_in_threadpool(counts)
        found = standing.collection
        return StatusReport(
            services=[
                ServiceState(name="aggregate", ready=not away),
                ServiceState(name="embedding", ready=not isinstance(encoder, Problem)),
                ServiceState(name="search", ready=not isinstance(collections, Problem)),
            ],
            encoder=standing.encoder,
            collection=CollectionState(**found.model_dump()) if found else None,
            catalogue=CatalogueState(
                label=gallery.label,
                pictures=catalogued,
                searchable=gallery.shown(standing.count),
                missing=gallery.missing,
                unreachable=gallery.unreachable,
            ),
            jobs=queue,
            versions=versions(),
            problems=[
                *_problems([gallery.problem, encoder, collections], standing, catalogued, gallery),
                *_crashed(self._crashes),
            ],
        )

    async def _ask(self) -> tuple[Encoder | Problem, dict[str, Collection] | Problem]:
        return await asyncio.gather(
            _or_problem(self._embedding.encoder(_SECONDS)), _or_problem(self._search.collections(_SECONDS))
        )

    async def _look(self) -> Standing:
        return _standing(*await self._ask())

    def _page_status(self, standing: Standing, model: str | None = None) -> PageStatus:
        chosen = standing.of(model)
        gallery = self._gallery_state(chosen)
        not_indexed = isinstance(chosen.problem, NotIndexed) and gallery.indexing
        problem = gallery.problem or (None if not_indexed else chosen.problem)
        return PageStatus(
            encoder=chosen.encoder.model if chosen.encoder else None,
            notice=chosen.encoder.notice if chosen.encoder else None,
            gallery=gallery.label,
            gallery_notice=gallery.notice,
            count=gallery.shown(chosen.count),
            indexing=gallery.indexing,
            problem=problem.body() if problem else None,
            models=list(dict.fromkeys(found.model for found in standing.indexed)),
        )

    def _gallery_state(self, standing: Standing) -> GalleryState:
        """The page loads also while the catalogue's database is away."""
        try:
            label, notice = recognised(self._gallery.label), self._gallery.notice
            notice = notice and recognised(notice)
            if standing.encoder is None:
                return GalleryState(label, notice)
            collection = collection_name(plain_fingerprint(standing.encoder.fingerprint))
            empty = isinstance(standing.problem, NotIndexed)
            failure = self._first_index.failure(collection) if empty else None
            problem = FirstIndexFailed(failure) if failure else None
            progress = self._first_index.progress(collection)
            missing, unreachable = self._gallery.catalog.hidden_counts()
            return GalleryState(label, notice, progress, problem, missing, unreachable)
        except DatabaseAway as problem:
            return GalleryState("", None, problem=problem)


def _standing(encoder: Encoder | Problem, collections: dict[str, Collection] | Problem) -> Standing:
    if isinstance(encoder, Problem):
        return Standing(problem=encoder)
    if isinstance(collections, Problem):
        return Standing(encoder, problem=collections)
    standing = Standing(encoder, collections)
    return standing if standing.count else Standing(encoder, collections, NotIndexed(encoder.fingerprint))


def _problems(
    asked: Sequence[object], standing: Standing, catalogued: int, gallery: GalleryState
) -> Iterator[StatusProblem]:
    """What stands in the way of full answers, the worst first; `asked` holds answers and problems."""
    down = [answer for answer in asked if isinstance(answer, Problem)]
    yield from (StatusProblem(**members(problem.detail)) for problem in down)
    if standing.problem and not down:
        yield StatusProblem(**members(standing.problem.detail))
    found = standing.collection
    lacking = (
        0 if down or standing.problem else catalogued - (gallery.shown(found.count if found else 0) or 0)
    )
    if lacking > 0:
        yield StatusProblem(
            **members(message("pictures-not-found-yet", count=f"{lacking:,}", total=f"{catalogued:,}")),
            next=message("pictures-not-found-yet.next"),
        )
    if gallery.unreachable:
        yield StatusProblem(
            **members(message("pictures-unreachable", count=f"{gallery.unreachable:,}")),
            next=message("pictures-unreachable.next"),
        )
    if gallery.missing:
        yield StatusProblem(
            **members(message("pictures-missing", count=f"{gallery.missing:,}")),
            next=message("pictures-missing.next"),
        )
    if found and found.recall_at_10 is not None and found.recall_at_10 < _GOOD_RECALL:
        yield StatusProblem(
            **members(message("index-inaccurate", share=f"{found.recall_at_10:.0%}")),
            next=message("index-inaccurate.next"),
        )


def _crashed(crashes: Mapping[str, int]) -> Iterator[StatusProblem]:
    for name, count in crashes.items():
        yield StatusProblem(
            **members(message("task-crashed", name=name, count=count)), next=message("task-crashed.next")
        )


def versions() -> dict[str, str]:
    try:
        own = metadata.version("image-search")
    except metadata.PackageNotFoundError:
        own = "not installed as a package"
    return {"image-search": own, "Python": platform.python_version()}


async def _or_problem(call: Awaitable[T]) -> T | Problem:
    try:
        return await call
    except Problem as problem:
        return problem
