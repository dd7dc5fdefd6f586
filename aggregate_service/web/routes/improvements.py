"""Improvements over HTTP: asking for one, what it found, and going back to the encoder alone."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from aggregate_service.evaluation.evaluator import Wanted
from aggregate_service.improvement.improvements import Improvement
from aggregate_service.improvement.projections import InUse
from aggregate_service.web.job_answer import JobAnswer, job_answer
from aggregate_service.web.known_fields import require_known
from aggregate_service.web.label_source import (
    LabelFolder,
    LabelWords,
    LeftOut,
    LookedAt,
    SentLabels,
    by_labels,
    checked_words,
)
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import DEFAULT_K, OR_PAGE, as_json, html, wants_html
from aggregate_service.web.routes.parts import Wired
from service_kit.problems import documented

router = APIRouter(prefix="/improvements", tags=["improvements"])
_FIELDS = ("labels", "folder", "k", "words", "ignore", "seed", "try_only")
_FOR_BROWSERS: dict[int | str, dict[str, Any]] = {303: {"description": "For browsers: to the page"}}


class ImprovementsAnswer(BaseModel):
    """What is in use, if anything, and the newest improvements first."""

    in_use: InUse | None
    improvements: list[Improvement]


class OffAnswer(BaseModel):
    was_on: bool


@router.post(
    "",
    status_code=202,
    summary="Learn from labels, and use it if it gains",
    response_model=JobAnswer,
    responses=_FOR_BROWSERS | documented(400, 403, 408, 409, 413, 422, 503, 507),
)
async def improve(
    request: Request,
    parts: Wired,
    labels: SentLabels = None,
    folder: LabelFolder = "",
    k: LookedAt = DEFAULT_K,
    words: LabelWords = "{}",
    ignore: LeftOut = [],  # noqa: B006 - FastAPI copies it
    seed: Annotated[int, Form(ge=0, lt=2**32, description="Of what is held out, and of training.")] = 0,
    try_only: Annotated[bool, Form(description="Compare, and change nothing.")] = False,
) -> Response:
    """By the catalogue's labels, unless `labels` or `folder` is given. Answers with the job.

    A projection of the encoder's vectors is learned and tried on pictures that it didn't see. It is used from
    then on if pictures find better with it, by the 95 % interval of mAP, and words no worse.

    `curl -X POST http://localhost:8000/improvements`
    """
    require_known(await request.form(), _FIELDS)
    wanted = Wanted(k, checked_words(words), tuple(label for label in ignore if label), seed)
    request_job = partial(parts.improvements.request, wanted=wanted, try_only=try_only)
    job = await run_in_threadpool(by_labels, parts.contents, labels, folder, request_job)
    location = f"/improvements/{job.id}"
    if wants_html(request):
        return RedirectResponse(location, 303)
    return JSONResponse(job_answer(job).model_dump(), 202, {"Location": location, "Vary": "Accept"})


@router.get("", summary="What is in use, and the newest improvements", response_model=ImprovementsAnswer)
async def list_improvements(parts: Wired) -> ImprovementsAnswer:
    """`curl http://localhost:8000/improvements`"""
    in_use = await run_in_threadpool(parts.improvements.in_use)
    return ImprovementsAnswer(in_use=in_use, improvements=await run_in_threadpool(parts.improvements.latest))


@router.post("/off", summary="Back to the encoder alone", response_model=OffAnswer, responses=_FOR_BROWSERS)
async def turn_off(request: Request, parts: Wired) -> Response:
    """At once, since its own vectors were kept. `curl -X POST http://localhost:8000/improvements/off`"""
    was_on = await run_in_threadpool(parts.improvements.turn_off)
    if wants_html(request):
        return RedirectResponse("/evaluations", 303)
    return JSONResponse(OffAnswer(was_on=was_on).model_dump(), headers={"Vary": "Accept"})


@router.get(
    "/{job_id}",
    summary="What an improvement found",
    response_model=Improvement,
    responses=OR_PAGE | documented(404),
)
async def one_improvement(request: Request, job_id: str, parts: Wired) -> Response:
    """`curl http://localhost:8000/improvements/0123abcd`"""
    report = await run_in_threadpool(parts.improvements.report, job_id)
    if wants_html(request):
        job = job_answer(await run_in_threadpool(parts.jobs.get, job_id))
        in_use = await run_in_threadpool(parts.improvements.in_use)
        page = parts.page.improvement(report, in_use, job.model_dump(mode="json"), visitor_of(request))
        return html(page)
    return as_json(report)
