"""The page, and searches by pictures and by words: HTML for browsers, JSON for programs."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.catalogue.filters import PictureFilter
from aggregate_service.files.pixels import data_uri
from aggregate_service.search.calibration import Kind
from aggregate_service.search.question import ById, Question, Upload, Words
from aggregate_service.web.page.answers import name_of
from aggregate_service.web.page.pages import QuestionPicture
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import (
    OR_PAGE,
    PAGE_K,
    as_json,
    html,
    level_of_headings,
    wants_fragment,
    wants_html,
)
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.routes.questions import (
    Model,
    QuestionInAddress,
    QuestionInForm,
    WantedK,
    read_uploads,
)
from aggregate_service.web.schemas import (
    SearchAnswer,
    UploadResult,
    WordsAnswer,
    WordsResult,
    picture_answer,
    thumbnail_url,
)
from service_kit.problems import documented

__all__ = ["ANSWERS", "Model", "WantedK", "answered", "read_uploads", "router", "search_by_pictures"]
router = APIRouter(tags=["search"])
PREVIEW_SIDE = 256
MONTHS = 5  # on the page that nothing was asked of
ADDED = 10
ANSWERS = OR_PAGE | documented(400, 403, 404, 408, 409, 413, 415, 422, 429, 502, 503, 504)


@router.get("/", summary="The page", responses={200: {"content": {"text/html": {}}}})
async def page(request: Request, parts: Wired) -> Response:
    """The page with its form; to programs, what it says: encoder, gallery, number of pictures, problem."""
    status = await parts.status.for_page(request.query_params.get("model"))
    if not wants_html(request):
        return JSONResponse(jsonable_encoder(status), headers={"Vary": "Accept"})
    address = Address.of(request.query_params.multi_items(), "/")
    asks_nothing = status.problem is None and address.get("photo") is None
    document = parts.page.render(
        status,
        k=PAGE_K,
        text=request.query_params.get("text"),
        visitor=visitor_of(request),
        address=address,
        **(await run_in_threadpool(_own, parts) if asks_nothing else {}),
    )
    return html(document)


@router.post("/", summary="Search", responses=ANSWERS, response_model=SearchAnswer | WordsAnswer)
async def search_by_pictures(request: Request, parts: Wired, question: QuestionInForm) -> Response:
    """For each picture the k most similar ones, in the order of upload; with `combine`, or without files, one
    result for the whole question. The pictures aren't kept.

    `curl -F files=@dog.jpg -F files=@cat.jpg -F k=5 http://localhost:8000/`

    `curl -F files=@car.jpg -F text='night^-0.5' -F combine=average http://localhost:8000/`
    """
    if not question.uploads and wants_html(request):
        return RedirectResponse(await _address_of_form(request), 303)
    return await answered(request, parts, question, await _address(request))


@router.get("/search", summary="Search by words and ids", responses=ANSWERS, response_model=WordsAnswer)
async def search_by_words(request: Request, parts: Wired, question: QuestionInAddress) -> Response:
    """The k pictures that fit the question best. Several parts are one query: their weighted sum.

    `curl 'http://localhost:8000/search?text=a+red+bus&k=5'`

    `curl 'http://localhost:8000/search?id=17&text=night^-0.5&label=holiday'`
    """
    if (less := request.query_params.get("less")) is not None:
        return RedirectResponse(_without_less(request, less.strip()), 303)
    return await answered(request, parts, question, await _address(request))


async def answered(request: Request, parts: Parts, question: Question, address: Address) -> Response:
    """`address` is what was asked besides the pictures that were sent."""
    answer = await _by_region(parts, question)
    if not wants_html(request):
        return as_json(answer)
    results = [_for_page(result) if isinstance(result, WordsResult) else result for result in answer.results]
    shown: dict[str, Any] = {
        "k": question.k,
        "results": results,
        "visitor": visitor_of(request),
        "address": address,
        "kind": _kind(question),
        "notes": [note.model_dump() for note in answer.notes],
    }
    if wants_fragment(request):
        sent, level = bool(question.uploads), level_of_headings(request)
        return html(parts.page.hits(answer.model, **shown, sent=sent, level=level))
    return html(
        parts.page.render(
            await parts.status.for_page(question.model),
            previews=await parts.store.decode(partial(_previews, parts, question.uploads)),
            text=_words(question),
            pictures=await run_in_threadpool(_pictures, parts, question),
            **shown,
        )
    )


async def _address(request: Request) -> Address:
    if request.method == "GET":
        return Address.of(request.query_params.multi_items())
    form = await request.form()
    asked = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return Address.of(item for item in asked if item[0] not in ("combine", "k", "weights"))


async def _by_region(parts: Parts, question: Question) -> SearchAnswer | WordsAnswer:
    """Each region of a picture has its own results, in their order."""
    first, *others = [await parts.searcher.answer(each) for each in question.by_region]
    results = [result for answer in (first, *others) for result in answer.results]
    return first.model_copy(update={"results": results}) if others else first


def _own(parts: Parts) -> dict[str, Any]:
    """The newest pictures, by when they were taken, and those that were added last and aren't among them."""
    recent = parts.catalog.newest(MONTHS, 2 * PAGE_K)
    known = {picture.id for picture in recent}
    last = parts.catalog.page(PictureFilter(), None, ADDED).pictures
    shown = {"recent": recent, "added": [picture for picture in last if picture.id not in known]}
    return {name: [_answer(parts, picture) for picture in found] for name, found in shown.items()}


def _answer(parts: Parts, picture: Picture) -> dict[str, Any]:
    return picture_answer(picture, True, parts.settings.missing_days).model_dump(mode="json")


async def _address_of_form(request: Request) -> str:
    """A question without uploads has an address, which can be kept and shared."""
    form = await request.form()
    asked = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return str(Address.of(item for item in asked if item != ("combine", "each")))


def _without_less(request: Request, less: str) -> str:
    """A form can't write `words^-0.5` by itself: it sends `less=words`."""
    items = request.query_params.multi_items()
    address = Address.of((name, value.strip()) for name, value in items if name not in ("less", "offset"))
    return str(address.plus("text", f"{less}^-0.5") if less else address)


def _words(question: Question) -> str:
    """What stands in the search box again: the words, if nothing else was asked for."""
    alone = len(question.parts) == 1 and isinstance(question.parts[0], Words)
    return question.in_words if alone else ""


def _kind(question: Question) -> Kind:
    in_words = [isinstance(part, Words) for part in question.parts] + [False] * len(question.uploads)
    return "words" if all(in_words) else "mixture" if any(in_words) else "picture"


def _pictures(parts: Parts, question: Question) -> dict[str, QuestionPicture]:
    """Those of the catalogue that are asked for, by id as the address has it."""
    ids = [part.id for part in question.parts if isinstance(part, ById)]
    found = parts.catalog.pictures(ids)
    return {
        str(id_): QuestionPicture(name_of(each), thumbnail_url(each), each.width, each.height)
        for id_, each in found.items()
    }


def _for_page(result: WordsResult) -> UploadResult:
    return UploadResult(filename=result.text, similar=result.similar, nothing_close=result.nothing_close)


def _previews(parts: Parts, uploads: Sequence[Upload]) -> list[str | None]:
    limits = parts.store.limits
    return [data_uri(upload.data, PREVIEW_SIDE, limits) if upload.data else None for upload in uploads]
