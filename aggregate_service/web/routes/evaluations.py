"""Evaluations over HTTP: asking for one, the list, and one of them as JSON, as a page, and as a file."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from aggregate_service.evaluation.evaluator import Wanted
from aggregate_service.evaluation.report import Report
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
from aggregate_service.web.page.pages import Improved
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import DEFAULT_K, OR_PAGE, as_json, html, wants_html
from aggregate_service.web.routes.parts import Wired
from service_kit.problems import documented

router = APIRouter(prefix="/evaluations", tags=["evaluations"])
_FIELDS = ("labels", "folder", "model", "k", "words", "ignore", "seed")
_MOST_MODELS = 16
_ACCEPTED: dict[int | str, dict[str, Any]] = {
    303: {"description": "For browsers: to the evaluation's page"},
    **documented(400, 403, 408, 413, 422, 503, 507),
}


class ReportsAnswer(BaseModel):
    """The newest first, without their tables by label and gains."""

    evaluations: list[Report]


@router.post(
    "",
    status_code=202,
    summary="Measure how good the answers are",
    response_model=JobAnswer,
    responses=_ACCEPTED,
)
async def evaluate(
    request: Request,
    parts: Wired,
    labels: SentLabels = None,
    folder: LabelFolder = "",
    model: Annotated[list[str], Form(description="Encoders to compare; the active one if left out.")] = [],  # noqa: B006 - FastAPI copies it
    k: LookedAt = DEFAULT_K,
    words: LabelWords = "{}",
    ignore: LeftOut = [],  # noqa: B006
    seed: Annotated[int, Form(ge=0, lt=2**32, description="Of samples and intervals.")] = 0,
) -> Response:
    """By the catalogue's labels, unless `labels` or `folder` is given. Answers with the job.

    `curl -X POST http://localhost:8000/evaluations`

    `curl -F labels=@labels.csv -F ignore=person http://localhost:8000/evaluations`
    """
    require_known(await request.form(), _FIELDS)
    wanted = Wanted(k, checked_words(words), tuple(label for label in ignore if label), seed)
    named = list(dict.fromkeys(name for name in model if name))[:_MOST_MODELS]
    models: list[str | None] = [*named] if named else [None]
    request_job = partial(parts.evaluations.request, models=models, wanted=wanted)
    job = await run_in_threadpool(by_labels, parts.contents, labels, folder, request_job)
    location = f"/evaluations/{job.id}"
    if wants_html(request):
        return RedirectResponse(location, 303)
    return JSONResponse(job_answer(job).model_dump(), 202, {"Location": location, "Vary": "Accept"})


@router.get("", summary="The newest evaluations", response_model=ReportsAnswer, responses=OR_PAGE)
async def list_evaluations(request: Request, parts: Wired) -> Response:
    """`curl http://localhost:8000/evaluations`"""
    answer = ReportsAnswer(evaluations=await run_in_threadpool(parts.evaluations.latest))
    if wants_html(request):
        encoders = await parts.status.encoders()
        in_use = await run_in_threadpool(parts.improvements.in_use)
        improvements = await run_in_threadpool(parts.improvements.latest)
        improved = Improved(in_use, improvements)
        return html(parts.page.evaluations(answer.evaluations, encoders, improved, visitor_of(request)))
    return as_json(answer)


@router.get(
    "/{job_id}",
    summary="What an evaluation found",
    response_model=Report,
    responses=OR_PAGE | documented(404),
)
async def one_evaluation(request: Request, job_id: str, parts: Wired) -> Response:
    """`curl http://localhost:8000/evaluations/0123abcd`"""
    report = await run_in_threadpool(parts.evaluations.report, job_id)
    if wants_html(request):
        job = job_answer(await run_in_threadpool(parts.jobs.get, job_id))
        return html(parts.page.evaluation(report, job.model_dump(mode="json"), visitor_of(request)))
    return as_json(report)


@router.get(
    "/{job_id}/report",
    summary="What an evaluation found, as a page to keep",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}}, **documented(404)},
)
async def kept_evaluation(request: Request, job_id: str, parts: Wired) -> Response:
    """One HTML file that needs no other. `curl -o report.html http://localhost:8000/evaluations/0123abcd/report`"""
    report = await run_in_threadpool(parts.evaluations.report, job_id)
    page = parts.page.evaluation_file(report, visitor_of(request))
    named = f'attachment; filename="image-search-evaluation-{report.id[:8]}.html"'
    return html(page, headers={"Content-Disposition": named})
