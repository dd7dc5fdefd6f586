"""Names that programs written for older systems of this kind call; each does what a newer route does."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from aggregate_service.access.control import client_of
from aggregate_service.errors import NoSuchJob, ServiceRefused
from aggregate_service.jobs.jobs import CANCELLED, DONE, FAILED, QUEUED, RUNNING
from aggregate_service.search.searcher import Upload
from aggregate_service.web.job_answer import job_answer
from aggregate_service.web.routes.html import DEFAULT_K
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.routes.search import ANSWERS, Model, WantedK, read_uploads, search_by_pictures
from aggregate_service.web.routes.uploads import UPLOAD_BODY, receive
from aggregate_service.web.schemas import IdsAnswer, SearchAnswer, WordsAnswer
from aggregate_service.web.search_tasks import SearchTask
from service_kit.problems import documented

router = APIRouter(tags=["older names"])
_TASK_K = 10
_STATUSES = {QUEUED: "PENDING", RUNNING: "STARTED", DONE: "SUCCESS", FAILED: "FAILURE", CANCELLED: "REVOKED"}


class TaskId(BaseModel):
    task_id: str


class TaskStatus(BaseModel):
    status: str = Field(description="PENDING, STARTED, SUCCESS, FAILURE or REVOKED.")
    result: Any = Field(description="Null until it has ended: then hits, a job, or what went wrong.")


router.add_api_route(
    "/uploadfiles",
    search_by_pictures,
    methods=["POST"],
    summary="Search by pictures: the same as POST /",
    responses=ANSWERS,
    response_model=SearchAnswer | WordsAnswer,
)


@router.post(
    "/similarity-search",
    summary="Ids of the pictures most similar to one",
    responses=documented(400, 404, 408, 409, 413, 422, 429, 502, 503),
)
async def similarity_search(
    request: Request,
    parts: Wired,
    file: Annotated[UploadFile, File(description="One picture.")],
    k: WantedK = DEFAULT_K,
    model: Model = None,
) -> IdsAnswer:
    """`curl -F file=@dog.jpg http://localhost:8000/similarity-search`"""
    parts.rates.count_embeddings(client_of(request), 1)
    answer = await parts.searcher.by_pictures(await read_uploads(parts, [file], k), k, model or None)
    return IdsAnswer(ids=[hit.index for hit in answer.results[0].similar or []])


@router.post(
    "/upload_catalogue",
    summary="Bring in pictures: the same as POST /images",
    openapi_extra=UPLOAD_BODY,
    responses=documented(400, 403, 408, 413, 422, 502, 503, 507),
)
async def upload_catalogue(request: Request, parts: Wired) -> TaskId:
    """`model_id` is read past: pictures are embedded by the encoder that is in use.

    `curl -F files=@dog.jpg -F model_id=clip http://localhost:8000/upload_catalogue`
    """
    job = await receive(request, parts, older=("model_id",))
    return TaskId(task_id=job.id)


@router.post(
    "/search_with_image",
    summary="Begin a search by a picture; ask /get_task_status for its ten hits",
    responses=documented(400, 408, 413, 422, 503),
)
async def search_with_image(
    request: Request,
    parts: Wired,
    file: Annotated[UploadFile, File(description="One picture.")],
    model_id: Annotated[
        str, Form(description="An encoder's name; one that isn't known means the default.")
    ] = "",
) -> TaskId:
    """`curl -F file=@dog.jpg -F model_id=clip http://localhost:8000/search_with_image`"""
    parts.rates.count_embeddings(client_of(request), 1)
    uploads = await read_uploads(parts, [file], _TASK_K)
    return TaskId(task_id=await parts.tasks.begin(lambda: _hits(parts, uploads, model_id)))


@router.get("/get_task_status/{task_id}", summary="How far a task is", responses=documented(404, 503))
@router.get("/poll_task_status/{task_id}", summary="How far a task is", responses=documented(404, 503))
async def task_status(task_id: str, parts: Wired) -> TaskStatus:
    """Of an upload or of a search. `curl http://localhost:8000/get_task_status/0123abcd`"""
    task = await run_in_threadpool(_task, parts, task_id)
    return TaskStatus(status=_STATUSES[task.state], result=task.result)


async def _hits(parts: Parts, uploads: list[Upload], model_id: str) -> list[dict[str, Any]]:
    try:
        answer = await parts.searcher.by_pictures(uploads, _TASK_K, model_id or None)
    except ServiceRefused as refused:
        if not model_id or refused.status != 404:
            raise
        answer = await parts.searcher.by_pictures(uploads, _TASK_K, None)
    return [hit.model_dump() for hit in answer.results[0].similar or []]


def _task(parts: Parts, task_id: str) -> SearchTask:
    try:
        job = parts.jobs.get(task_id)
    except NoSuchJob:
        return parts.tasks.get(task_id)
    return SearchTask(job.state, job_answer(job).model_dump() if job.ended else None)
