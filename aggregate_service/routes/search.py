"""The page, and searches by pictures and by words: HTML for browsers, JSON for programs."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.errors import InvalidRequest
from aggregate_service.pixels import data_uri
from aggregate_service.routes.html import DEFAULT_K, html, wants_html
from aggregate_service.routes.parts import Parts, Wired
from aggregate_service.schemas import SearchAnswer, UploadResult, WordsAnswer
from aggregate_service.searching import Upload
from service_kit.problems import documented

router = APIRouter(tags=["search"])
PREVIEW_SIDE = 160
_LONGEST_TEXT = 2_000

Files = Annotated[list[UploadFile], File(description="1 to 32 pictures.")]
WantedK = Annotated[int, Form(description="How many similar pictures for each: 1 to 1,000.", examples=[5])]
QueryK = Annotated[int, Query(description="How many pictures: 1 to 1,000.", examples=[5])]
Model = Annotated[
    str | None, Form(description="An encoder's name; the embedding service's default if left out.")
]
QueryModel = Annotated[str | None, Query(description="An encoder's name; the default one if left out.")]
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


@router.post("/", summary="Search by pictures", responses=ANSWERS, response_model=SearchAnswer | WordsAnswer)
async def search_by_pictures(
    request: Request,
    parts: Wired,
    files: Files = [],  # noqa: B006 - FastAPI copies it
    k: WantedK = DEFAULT_K,
    model: Model = None,
    text: Annotated[str | None, Form(description="Words to search by; only without files.")] = None,
) -> Response:
    """For each picture the k most similar ones, in the order of upload. The pictures aren't kept.

    `curl -F files=@dog.jpg -F files=@cat.jpg -F k=5 http://localhost:8000/`
    """
    sent = [file for file in files if file.filename or file.size]  # an empty form field isn't a file
    if text and text.strip():
        if sent:
            raise InvalidRequest("Search by pictures or by words: send `files` or `text`, not both.")
        return await answer_words(request, parts, text, k, model)
    uploads = await read_uploads(parts, sent, k)
    answer = await parts.searcher.by_pictures(uploads, k, model or None)
    if not wants_html(request):
        return as_json(answer)
    status = await parts.status.for_page()
    previews = await run_in_threadpool(_previews, parts, uploads)
    return html(parts.page.render(status, k=k, results=answer.results, previews=previews))


@router.get("/search", summary="Search by words", responses=ANSWERS, response_model=WordsAnswer)
async def search_by_words(
    request: Request,
    parts: Wired,
    text: Annotated[str, Query(description="What the pictures show.", examples=["a red bus"])] = "",
    k: QueryK = DEFAULT_K,
    model: QueryModel = None,
) -> Response:
    """The k pictures that fit the words best.

    `curl 'http://localhost:8000/search?text=a+red+bus&k=5'`
    """
    return await answer_words(request, parts, text, k, model)


async def answer_words(request: Request, parts: Parts, text: str, k: int, model: str | None) -> Response:
    check_k(parts, k)
    text = text.strip()
    if not 0 < len(text) <= _LONGEST_TEXT:
        raise InvalidRequest(f"`text` must have between 1 and {_LONGEST_TEXT} characters.")
    answer = await parts.searcher.by_words(text, k, model or None)
    if not wants_html(request):
        return as_json(answer)
    status = await parts.status.for_page()
    shown = [UploadResult(filename=result.text, similar=result.similar) for result in answer.results]
    return html(parts.page.render(status, k=k, results=shown, text=text))


async def read_uploads(parts: Parts, files: Sequence[UploadFile], k: int) -> list[Upload]:
    """The uploads in memory, after the checks that need nobody else; too large ones stay unread."""
    check_k(parts, k)
    if not 1 <= len(files) <= parts.settings.max_files:
        raise InvalidRequest(
            f"Send between 1 and {parts.settings.max_files} pictures in the field `files`; "
            f"there were {len(files)}."
        )
    limit = parts.settings.max_file_bytes
    return [
        Upload(file.filename or "", None if (file.size or 0) > limit else await file.read()) for file in files
    ]


def check_k(parts: Parts, k: int) -> None:
    if not 1 <= k <= parts.settings.max_k:
        raise InvalidRequest(f"`k` must be between 1 and {parts.settings.max_k}; it was {k}.")


def as_json(answer: SearchAnswer | WordsAnswer) -> Response:
    return Response(answer.model_dump_json(), media_type="application/json", headers={"Vary": "Accept"})


def _previews(parts: Parts, uploads: Sequence[Upload]) -> list[str | None]:
    limits = parts.store.limits
    return [data_uri(upload.data, PREVIEW_SIDE, limits) if upload.data else None for upload in uploads]
