"""The page, and searches by pictures and by words: HTML for browsers, JSON for programs."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.pixels import data_uri
from aggregate_service.question import Question, Upload
from aggregate_service.routes.asked import Asked, Model, Sent, WantedK, read_uploads
from aggregate_service.routes.html import DEFAULT_K, html, wants_html
from aggregate_service.routes.parts import Parts, Wired
from aggregate_service.schemas import SearchAnswer, UploadResult, WordsAnswer, WordsResult
from service_kit.problems import documented

__all__ = ["ANSWERS", "Model", "WantedK", "read_uploads", "router", "search_by_pictures"]
router = APIRouter(tags=["search"])
PREVIEW_SIDE = 160
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}}, "description": "JSON, or the page, as `Accept` says"},
    **documented(400, 404, 408, 409, 413, 422, 429, 502, 503),
}


@router.get("/", summary="The page", responses={200: {"content": {"text/html": {}}}})
async def page(request: Request, parts: Wired) -> Response:
    """The page with its form; to programs, what it says: encoder, gallery, number of pictures, problem."""
    status = await parts.status.for_page()
    if wants_html(request):
        return html(parts.page.render(status, k=DEFAULT_K))
    return JSONResponse(vars(status), headers={"Vary": "Accept"})


@router.post("/", summary="Search", responses=ANSWERS, response_model=SearchAnswer | WordsAnswer)
async def search_by_pictures(request: Request, parts: Wired, question: Sent) -> Response:
    """For each picture the k most similar ones, in the order of upload; with `combine`, or without files, one
    result for the whole question. The pictures aren't kept.

    `curl -F files=@dog.jpg -F files=@cat.jpg -F k=5 http://localhost:8000/`

    `curl -F files=@car.jpg -F text='night^-0.5' -F combine=average http://localhost:8000/`
    """
    return await _answered(request, parts, question)


@router.get("/search", summary="Search by words and ids", responses=ANSWERS, response_model=WordsAnswer)
async def search_by_words(request: Request, parts: Wired, question: Asked) -> Response:
    """The k pictures that fit the question best. Several parts are one query: their weighted sum.

    `curl 'http://localhost:8000/search?text=a+red+bus&k=5'`

    `curl 'http://localhost:8000/search?id=17&text=night^-0.5&label=holiday'`
    """
    return await _answered(request, parts, question)


async def _answered(request: Request, parts: Parts, question: Question) -> Response:
    answer = await parts.searcher.answer(question)
    if not wants_html(request):
        return as_json(answer)
    status = await parts.status.for_page()
    if isinstance(answer, SearchAnswer):
        previews = await run_in_threadpool(_previews, parts, question.uploads)
        return html(parts.page.render(status, k=question.k, results=answer.results, previews=previews))
    shown = [_for_page(result) for result in answer.results]
    return html(parts.page.render(status, k=question.k, results=shown, text=question.in_words))


def _for_page(result: WordsResult) -> UploadResult:
    return UploadResult(filename=result.text, similar=result.similar, nothing_close=result.nothing_close)


def as_json(answer: SearchAnswer | WordsAnswer) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json", headers={"Vary": "Accept"})


def _previews(parts: Parts, uploads: Sequence[Upload]) -> list[str | None]:
    limits = parts.store.limits
    return [data_uri(upload.data, PREVIEW_SIDE, limits) if upload.data else None for upload in uploads]
