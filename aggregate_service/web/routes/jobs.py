"""Jobs over HTTP: the list, one of them, its events as they come, and the way to stop it."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.jobs import Jobs
from aggregate_service.web.job_answer import JobAnswer, JobsAnswer, job_answer
from aggregate_service.web.routes.html import OR_PAGE, as_json, wants_html
from aggregate_service.web.routes.pages import job_page, jobs_page
from aggregate_service.web.routes.parts import Wired
from service_kit.problems import documented

PICTURES_SHOWN = 24  # on a job's page

router = APIRouter(prefix="/jobs", tags=["jobs"])
_LOOK_SECONDS = 0.3
_HEARTBEAT_SECONDS = 15.0


@router.get("", summary="The newest jobs", response_model=JobsAnswer, responses=OR_PAGE)
async def list_jobs(request: Request, parts: Wired) -> Response:
    """`curl http://localhost:8000/jobs`"""
    found = await run_in_threadpool(parts.jobs.latest)
    answer = JobsAnswer(jobs=[job_answer(job) for job in found])
    if wants_html(request):
        return jobs_page(request, parts, answer.model_dump(mode="json")["jobs"])
    return as_json(answer)


@router.get(
    "/{job_id}", summary="How far a job is", response_model=JobAnswer, responses=OR_PAGE | documented(404)
)
async def one_job(request: Request, job_id: str, parts: Wired) -> Response:
    """`curl http://localhost:8000/jobs/0123abcd`"""
    answer = job_answer(await run_in_threadpool(parts.jobs.get, job_id))
    if wants_html(request):
        pictures = await run_in_threadpool(parts.catalog.pictures, answer.pictures[:PICTURES_SHOWN])
        return job_page(request, parts, answer, pictures)
    return as_json(answer)


@router.get(
    "/{job_id}/events",
    summary="How far a job is, as it happens",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {}}}, **documented(404)},
)
async def job_events(job_id: str, parts: Wired) -> Response:
    """Server-sent events: `progress` whenever the job changed, `end` as the last one; data: the job.

    `curl -N http://localhost:8000/jobs/0123abcd/events`
    """
    await run_in_threadpool(parts.jobs.get, job_id)  # an unknown job is a 404, not an empty stream
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(parts.jobs, job_id), media_type="text/event-stream", headers=headers)


@router.delete("/{job_id}", summary="Stop a job", responses=documented(404, 409))
async def cancel_job(job_id: str, parts: Wired) -> JobAnswer:
    """What it brought in until now stays. `curl -X DELETE http://localhost:8000/jobs/0123abcd`"""
    return job_answer(await run_in_threadpool(parts.jobs.cancel, job_id))


@router.post(
    "/{job_id}/cancel",
    summary="Stop a job, from a form",
    status_code=303,
    response_class=RedirectResponse,
    responses=documented(403, 404, 409),
)
async def cancel_job_from_form(job_id: str, parts: Wired) -> Response:
    """The same as `DELETE /jobs/{job_id}` for pages without JavaScript; leads back to the job."""
    await run_in_threadpool(parts.jobs.cancel, job_id)
    return RedirectResponse(f"/jobs/{job_id}", 303)


async def _events(jobs: Jobs, job_id: str) -> AsyncIterator[str]:
    last, silent_since = "", monotonic()
    while True:
        job = await run_in_threadpool(jobs.get, job_id)
        data = job_answer(job).model_dump_json()
        if job.ended:
            yield f"event: end\ndata: {data}\n\n"
            return
        if data != last:
            yield f"event: progress\ndata: {data}\n\n"
            last, silent_since = data, monotonic()
        elif monotonic() - silent_since > _HEARTBEAT_SECONDS:
            yield ": still here\n\n"
            silent_since = monotonic()
        await asyncio.sleep(_LOOK_SECONDS)
