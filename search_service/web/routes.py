"""The search API's routes: each hands its body to a thread and answers with what came of it."""

import json
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from search_service.collection import Collection
from search_service.engines.backend import Backend
from search_service.portable.portable import write_portable
from search_service.serving import Serving
from search_service.web.answers import search_answer, vectors_answer
from search_service.web.requests import (
    AdoptRequest,
    Body,
    IdsRequest,
    SearchRequest,
    UpsertRequest,
    read_default_collection,
)
from search_service.web.schemas import (
    ADOPT_EXAMPLE,
    DEFAULT_EXAMPLE,
    IDS_EXAMPLE,
    SEARCH_EXAMPLE,
    UPSERT_EXAMPLE,
    AdoptBody,
    CollectionAnswer,
    CollectionsAnswer,
    DefaultCollection,
    DeleteAnswer,
    DeleteBody,
    ExportAnswer,
    GetAnswer,
    GetBody,
    IdsAnswer,
    SearchAnswer,
    SearchBody,
    UpsertAnswer,
    UpsertBody,
    request_body,
)
from service_kit.arrays import NPY, NPZ, to_npz
from service_kit.metrics import Metrics
from service_kit.problems import documented

router = APIRouter()
_BODY_PROBLEMS = (400, 408, 413, 415, 422, 503)
_FOR_BINARY = "With a binary body; JSON has it in the body."


async def serving_of(request: Request) -> Serving:
    serving: Serving = request.app.state.serving
    return serving


async def metrics_of(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def body_of(request: Request) -> Body:
    return Body(request.headers.get("content-type", ""), await request.body())


Running = Annotated[Serving, Depends(serving_of)]
Timed = Annotated[Metrics, Depends(metrics_of)]
SentBody = Annotated[Body, Depends(body_of)]
InQuery = Annotated[str | None, Query(description=_FOR_BINARY)]
OwnerInQuery = Annotated[str | None, Query(description="The catalogue that the collection belongs to.")]


@router.post(
    "/search",
    tags=["search"],
    summary="The nearest vectors of each query",
    response_model=SearchAnswer,
    responses=documented(404, 409, *_BODY_PROBLEMS),
    openapi_extra=request_body(SearchBody, SEARCH_EXAMPLE, NPY),
)
async def search(
    running: Running,
    metrics: Timed,
    sent: SentBody,
    k: Annotated[int | None, Query(description=_FOR_BINARY)] = None,
    collection: InQuery = None,
    encoder: InQuery = None,
    moments: Annotated[bool | None, Query(description=_FOR_BINARY)] = None,
) -> Response:
    body = sent.with_query(k=k, collection=collection, encoder=encoder, moments=moments)

    def work(backend: Backend) -> bytes:
        with metrics.step("parse"):
            wanted = SearchRequest.read(body, running.settings)
        chosen = backend.collection(wanted.collection)
        with metrics.step("search"):
            hits = chosen.search(wanted.queries, wanted.k, wanted.encoder, wanted.only)
        spreads = chosen.spreads(wanted.queries) if wanted.moments else None
        return search_answer(chosen.name, hits, spreads)

    return Response(await running.reading(work), media_type="application/json")


@router.put(
    "/vectors",
    tags=["vectors"],
    summary="Add or replace vectors",
    responses=documented(409, 507, *_BODY_PROBLEMS),
    openapi_extra=request_body(UpsertBody, UPSERT_EXAMPLE, NPZ),
)
async def upsert(
    running: Running,
    metrics: Timed,
    sent: SentBody,
    collection: InQuery = None,
    encoder: InQuery = None,
    catalogue: OwnerInQuery = None,
) -> UpsertAnswer:
    """Durable and searchable when it answers; repeating it changes nothing.

    With `catalogue`, a new or empty collection becomes that catalogue's; from then on only requests with its
    id change the vectors, and others get 409.
    """
    body = sent.with_query(collection=collection, encoder=encoder, catalogue=catalogue)

    def work(backend: Backend) -> UpsertAnswer:
        with metrics.step("parse"):
            given = UpsertRequest.read(body, running.settings)
        with metrics.step("upsert"):
            changed = backend.upsert(
                given.collection, given.encoder, given.ids, given.vectors, given.catalogue
            )
        return UpsertAnswer(
            collection=changed.name, upserted=len(given.ids), count=changed.index.stats().count
        )

    return await running.writing(work)


@router.delete(
    "/vectors",
    tags=["vectors"],
    summary="Delete vectors",
    responses=documented(404, 409, 507, *_BODY_PROBLEMS),
    openapi_extra=request_body(DeleteBody, IDS_EXAMPLE),
)
async def delete(
    running: Running, metrics: Timed, sent: SentBody, catalogue: OwnerInQuery = None
) -> DeleteAnswer:
    body = sent.with_query(catalogue=catalogue)

    def work(backend: Backend) -> DeleteAnswer:
        given = IdsRequest.read(body, running.settings)
        with metrics.step("delete"):
            removed, changed = backend.remove(given.collection, given.ids, given.catalogue)
        return DeleteAnswer(removed=removed, count=changed.index.stats().count)

    return await running.writing(work)


@router.post(
    "/vectors/get",
    tags=["vectors"],
    summary="Stored vectors by their ids",
    response_model=GetAnswer,
    responses=documented(404, *_BODY_PROBLEMS),
    openapi_extra=request_body(GetBody, IDS_EXAMPLE),
)
async def get(running: Running, sent: SentBody, accept: Annotated[str, Header()] = "") -> Response:
    """JSON, or with `Accept: application/x-npz` the arrays `ids` (int64) and `vectors` (float32)."""
    binary = NPZ in accept

    def work(backend: Backend) -> bytes:
        wanted = IdsRequest.read(sent, running.settings)
        ids, vectors = backend.named(wanted.collection).index.get(wanted.ids)
        return to_npz(ids=ids, vectors=vectors) if binary else vectors_answer(ids, vectors)

    return Response(await running.reading(work), media_type=NPZ if binary else "application/json")


@router.get("/collections", tags=["collections"], summary="All collections", responses=documented(503))
async def collections(running: Running) -> CollectionsAnswer:
    def work(backend: Backend) -> CollectionsAnswer:
        described = [_describe(collection) for collection in backend.collections().values()]
        return CollectionsAnswer(default=backend.default(), collections=described)

    return await running.reading(work)


@router.get(
    "/collections/{name}", tags=["collections"], summary="One collection", responses=documented(404, 503)
)
async def collection(running: Running, name: str) -> CollectionAnswer:
    return await running.reading(lambda backend: _describe(backend.named(name)))


@router.delete(
    "/collections/{name}",
    tags=["collections"],
    summary="Drop a collection and its vectors",
    status_code=204,
    responses=documented(404, 409, 503, 507),
)
async def drop(running: Running, name: str, catalogue: OwnerInQuery = None) -> None:
    def work(backend: Backend) -> None:
        backend.named(name).require_owner(catalogue)
        backend.drop(name)

    await running.writing(work)


@router.put(
    "/collections/{name}/catalogue",
    tags=["collections"],
    summary="Adopt a collection for a catalogue",
    responses=documented(404, 409, 507, *_BODY_PROBLEMS),
    openapi_extra=request_body(AdoptBody, ADOPT_EXAMPLE),
)
async def adopt(running: Running, sent: SentBody, name: str) -> CollectionAnswer:
    """From then on only requests with this catalogue's id change its vectors. 409, and nothing changes, when
    it belongs neither to `expected` nor to `catalogue`."""

    def work(backend: Backend) -> CollectionAnswer:
        wanted = AdoptRequest.read(sent, running.settings)
        return _describe(backend.adopt(name, wanted.catalogue, wanted.expected))

    return await running.writing(work)


@router.get(
    "/collections/{name}/ids",
    tags=["collections"],
    summary="Stored ids, ascending, a page at a time",
    response_model=IdsAnswer,
    responses=documented(404, 422, 503),
)
async def ids(
    running: Running,
    name: str,
    after: Annotated[int, Query(ge=-1, lt=2**63, description="The last id of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
) -> Response:
    stored = await running.reading(lambda backend: backend.named(name).index.ids(after, limit))
    return Response(json.dumps({"ids": stored.tolist()}), media_type="application/json")


@router.post(
    "/collections/{name}/export",
    tags=["collections"],
    summary="Write the portable index.faiss and its sidecar to INDEX_SAVE_PATH",
    responses=documented(404, 503, 507),
)
async def export(running: Running, name: str) -> ExportAnswer:
    path = running.settings.index_save_path
    sha256, count = await running.writing(lambda backend: write_portable(backend.named(name), path))
    return ExportAnswer(path=str(path), sha256=sha256, count=count)


@router.put(
    "/default-collection",
    tags=["collections"],
    summary="Choose the collection that answers when none is named",
    responses=documented(404, *_BODY_PROBLEMS),
    openapi_extra=request_body(DefaultCollection, DEFAULT_EXAMPLE),
)
async def set_default(running: Running, sent: SentBody) -> DefaultCollection:
    def work(backend: Backend) -> DefaultCollection:
        name = read_default_collection(sent, running.settings)
        backend.set_default(name)
        return DefaultCollection(collection=name)

    return await running.writing(work)


def _describe(collection: Collection) -> CollectionAnswer:
    return CollectionAnswer(
        name=collection.name,
        encoder=collection.encoder,
        catalogue=collection.catalogue,
        dimension=collection.dimension,
        **asdict(collection.index.stats()),
    )
