"""The folders that are indexed in place: the list, adding one, scanning it again, forgetting it."""

from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.storable import STORABLE
from aggregate_service.errors import AdoptionNotAllowed
from aggregate_service.jobs.jobs import Job
from aggregate_service.web.job_answer import JobAnswer, job_answer
from aggregate_service.web.routes.parts import Parts, Wired
from service_kit.collection_name import collection_name
from service_kit.problems import Problem, documented

router = APIRouter(prefix="/folders", tags=["folders"])
_PROXY = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class FolderWanted(BaseModel):
    """`label` is what the page calls its pictures, `notice` what it says about them."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(examples=["/home/me/pictures"], description="Absolute, where this service runs.")
    label: str | None = Field(None, max_length=200, pattern=STORABLE)
    notice: str | None = Field(None, max_length=2_000, pattern=STORABLE)


class FolderAnswer(BaseModel):
    id: int
    path: str
    label: str
    notice: str
    pictures: int = Field(description="How many of the catalogue lie in it.")
    missing: int = Field(0, description="How many are no longer there.")
    unreachable: int = Field(0, description="How many can't be looked at, as their disk or folder is away.")
    unsupported: dict[str, int] = Field(
        {},
        exclude_if=lambda value: value == {},
        description="How many files the last scan of all of it saw that aren't read, by their kind.",
        examples=[{"video": 12, "RAW": 3}],
    )
    indexed: bool | None = Field(
        description="Whether all of it was indexed with the encoder that answers; null while none does."
    )
    job: JobAnswer | None = Field(description="The scan that waits or runs.")


class FoldersAnswer(BaseModel):
    """The one that was added first comes first."""

    folders: list[FolderAnswer]


def from_this_machine(request: Request) -> bool:
    """Somebody who signed in with the right for it, or a client on loopback with nobody in between."""
    if request.scope.get("signed_in"):
        return True
    if request.client is None or any(name in request.headers for name in _PROXY):
        return False
    try:
        address = ip_address(request.client.host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


Trusted = Annotated[bool, Depends(from_this_machine)]


@router.get("", summary="The folders that are indexed in place", responses=documented(503))
async def list_folders(parts: Wired) -> FoldersAnswer:
    """`curl http://localhost:8000/folders`"""
    found = await run_in_threadpool(parts.folders.all, await _collection(parts))
    return FoldersAnswer(
        folders=[
            FolderAnswer(
                id=folder.root.id,
                path=str(folder.path),
                label=folder.root.label or folder.path.name,
                notice=folder.root.notice,
                pictures=folder.pictures,
                missing=folder.missing,
                unreachable=folder.unreachable,
                unsupported=folder.unsupported,
                indexed=folder.indexed,
                job=job_answer(folder.job) if folder.job else None,
            )
            for folder in found
        ]
    )


@router.post(
    "",
    status_code=202,
    summary="Index a folder where it lies",
    response_model=JobAnswer,
    responses=documented(403, 422, 503),
)
async def add_folder(wanted: FolderWanted, parts: Wired, trusted: Trusted) -> Response:
    """A folder on the machine that this service runs on; it is read, never written. Answers with the job.

    `curl --json '{"path": "/home/me/pictures"}' http://localhost:8000/folders`
    """
    return _accepted(
        await run_in_threadpool(parts.folders.add, wanted.path, wanted.label, wanted.notice, trusted=trusted)
    )


@router.post(
    "/{folder_id}/scan",
    status_code=202,
    summary="Look for what has changed in a folder",
    response_model=JobAnswer,
    responses=documented(403, 404, 422, 503),
)
async def scan_folder(
    folder_id: int,
    parts: Wired,
    trusted: Trusted,
    gone: Annotated[
        bool,
        Query(
            description="What isn't found is really gone, also what was on a disk that isn't there: it is "
            "missing from now on, no longer out of reach."
        ),
    ] = False,
) -> Response:
    """`curl -X POST http://localhost:8000/folders/1/scan`"""
    return _accepted(await run_in_threadpool(parts.folders.scan, folder_id, gone=gone, trusted=trusted))


@router.delete(
    "/{folder_id}",
    status_code=204,
    summary="Forget a folder",
    responses=documented(403, 404, 409, 422, 503),
)
async def forget_folder(folder_id: int, parts: Wired, trusted: Trusted) -> Response:
    """Its pictures leave the results, unless they lie elsewhere too; its files stay as they are.

    Their titles, labels and ids are kept for MISSING_DAYS, should the folder be added again.

    `curl -X DELETE http://localhost:8000/folders/1`
    """
    await run_in_threadpool(parts.folders.forget, folder_id, trusted=trusted)
    return Response(status_code=204)


@router.post(
    "/adopt",
    status_code=204,
    summary="Take over the search service's vectors",
    responses=documented(403, 409, 503),
)
async def adopt(parts: Wired, trusted: Trusted) -> Response:
    """Those of the encoder that answers, which belong to another catalogue or to none, are this one's then.

    None of them is deleted, and none is found before its picture is. For a catalogue that was lost, or
    replaced. `curl -X POST http://localhost:8000/folders/adopt`
    """
    if not trusted:
        raise AdoptionNotAllowed
    encoder = await parts.embedding.encoder()
    await parts.stored.adopt(collection_name(encoder.fingerprint))
    return Response(status_code=204)


async def _collection(parts: Parts) -> str | None:
    try:
        return collection_name((await parts.embedding.encoder()).fingerprint)
    except Problem:
        return None


def _accepted(job: Job) -> Response:
    return JSONResponse(job_answer(job).model_dump(), 202, {"Location": f"/jobs/{job.id}"})
