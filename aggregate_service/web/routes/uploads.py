"""Bringing pictures in over HTTP: files, a list of links, or vectors; what comes of them is a job."""

from collections.abc import Sequence
from time import time
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.jobs import RESTORE, Job, NewItem
from aggregate_service.web.job_answer import JobAnswer, job_answer
from aggregate_service.web.known_fields import require_known
from aggregate_service.web.routes.html import wants_html
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.streamed_form import FormLimits, StreamedForm, read_form
from aggregate_service.web.uploading import read_labels, vectors_in
from service_kit.problems import documented

router = APIRouter(tags=["jobs"])
UPLOAD_ROUTES = ("POST /images", "POST /upload_catalogue")
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "labels": {"type": "string", "description": "Comma-separated."},
                    },
                }
            }
        },
    }
}
ACCEPTED: dict[int | str, dict[str, Any]] = {
    303: {"description": "For browsers: to the job's page"},
    **documented(400, 403, 404, 408, 413, 422, 502, 503, 507),
}


@router.post(
    "/images",
    status_code=202,
    summary="Bring in pictures",
    response_model=JobAnswer,
    openapi_extra=UPLOAD_BODY,
    responses=ACCEPTED,
)
async def bring_in(request: Request, parts: Wired) -> Response:
    """Pictures, one `.csv` or `.txt` of links, or an `.npy` of vectors with the list of their pictures.

    `curl -F files=@dog.jpg -F files=@cat.jpg -F labels=pets http://localhost:8000/images`
    """
    return accepted(request, await receive(request, parts))


@router.post(
    "/images/{picture_id}/restore",
    status_code=202,
    summary="Bring back a deleted picture",
    response_model=JobAnswer,
    responses=ACCEPTED,
)
async def restore(picture_id: int, request: Request, parts: Wired) -> Response:
    """As a new picture, with a new id; for UNDO_SECONDS after its deletion, ten minutes unless set.

    `curl -X POST http://localhost:8000/images/17/restore`
    """
    return accepted(request, await run_in_threadpool(_restore, parts, picture_id))


def accepted(request: Request, job: Job) -> Response:
    location = f"/jobs/{job.id}"
    if wants_html(request):
        return RedirectResponse(location, 303)
    return JSONResponse(job_answer(job).model_dump(), 202, {"Location": location, "Vary": "Accept"})


def _restore(parts: Parts, picture_id: int) -> Job:
    """The row and the job that embeds it, both or neither."""
    with parts.catalog.transaction():
        picture = parts.catalog.restore(picture_id, time())
        item = NewItem({"name": picture.title or picture.path, "picture": picture.id})
        return parts.jobs.create(RESTORE, {}, [item])


async def receive(request: Request, parts: Parts, older: Sequence[str] = ()) -> Job:
    """Read the request's form to disk, and make a job of its files; `older` fields are read past."""
    limits = FormLimits(parts.settings.max_upload_files, parts.settings.max_added_bytes)
    with StreamedForm() as form:
        await read_form(request, form, parts.contents.aside, limits)
        require_known(form.fields, ("files", "labels", *older))
        upload = vectors_in(form)
        if upload is None:
            return await run_in_threadpool(parts.uploads.pictures_or_links, form)
        labels = read_labels(form.value("labels"))
        dimension = (await parts.embedding.encoder()).dimension
        return await run_in_threadpool(parts.uploads.vectors, upload, labels, dimension)
