"""Many pictures at once: labels, a ZIP file, deleting, bringing back. As JSON, or from a page's form."""

from collections.abc import Iterator, Sequence
from time import time
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.catalogue.pictures import LARGEST_ID
from aggregate_service.catalogue.records import FAVOURITE
from aggregate_service.errors import InvalidRequest
from aggregate_service.files.zipped import zipped
from aggregate_service.jobs.jobs import RESTORE, Job, NewItem
from aggregate_service.search.question import MOST_PARTS
from aggregate_service.web.job_answer import JobAnswer
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.routes.html import wants_html
from aggregate_service.web.routes.images import WithMetadata, with_metadata
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.routes.uploads import ACCEPTED, accepted
from aggregate_service.web.schemas import DeletedAnswer, Label
from aggregate_service.web.uploading import read_labels
from service_kit.messages.message import message
from service_kit.problems import documented

router = APIRouter(prefix="/images", tags=["pictures"])
MOST_IDS = 100_000
_AT_ONCE = 1_000
PictureId = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class Selection(BaseModel):
    """Pictures by their ids; those that aren't there are left out."""

    model_config = ConfigDict(extra="forbid")

    ids: list[PictureId] = Field(min_length=1, max_length=MOST_IDS)


class LabelChange(Selection):
    add_labels: list[Label] = Field([], max_length=100)
    remove_labels: list[Label] = Field([], max_length=100)


class ChangedAnswer(BaseModel):
    changed: int = Field(description="How many of these pictures there are; each has these labels now.")


async def selected(request: Request) -> Selection:
    """From JSON, or from a form, where `id` is repeated."""
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            return Selection.model_validate_json(await request.body())
        form = await request.form(max_fields=MOST_IDS + 10)
        return Selection.model_validate({"ids": form.getlist("id")})
    except ValidationError as error:
        raise InvalidRequest(message("ids-unreadable", most=f"{MOST_IDS:,}")) from error


Selected = Annotated[Selection, Depends(selected)]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Selection.model_json_schema()},
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {"id": {"type": "array", "items": {"type": "integer"}}},
                }
            },
        },
    }
}
_TO_THE_PAGE: dict[int | str, dict[str, Any]] = {303: {"description": "For browsers: back to the pictures"}}


@router.patch("", summary="Label many pictures", responses=documented(422, 503))
async def change(wanted: LabelChange, parts: Wired) -> ChangedAnswer:
    """`curl -X PATCH --json '{"ids": [17, 18], "add_labels": ["beach"]}' http://localhost:8000/images`"""
    changed = await run_in_threadpool(
        parts.catalog.change_labels, wanted.ids, wanted.add_labels, wanted.remove_labels
    )
    return ChangedAnswer(changed=changed)


@router.post(
    "/labels",
    status_code=303,
    summary="Label many pictures, from a form",
    response_class=RedirectResponse,
    responses=documented(400, 403, 422, 503),
    openapi_extra=_BODY,
)
async def change_by_form(request: Request, wanted: Selected, parts: Wired) -> Response:
    """`labels` are comma-separated; `do` is `add`, `remove` or `favourite`. Leads back to the pictures."""
    form = await request.form()
    labels = [FAVOURITE] if form.get("do") == "favourite" else read_labels(str(form.get("labels") or ""))
    added, removed = ([], labels) if form.get("do") == "remove" else (labels, [])
    await run_in_threadpool(parts.catalog.change_labels, wanted.ids, added, removed)
    return RedirectResponse(_back(request), 303)


@router.post(
    "/delete",
    summary="Delete many pictures",
    response_model=DeletedAnswer,
    responses=_TO_THE_PAGE | documented(400, 403, 422, 503),
    openapi_extra=_BODY,
)
async def delete(request: Request, wanted: Selected, parts: Wired) -> Response:
    """They can be brought back together (`POST /images/restore`).

    `curl --json '{"ids": [17, 18]}' http://localhost:8000/images/delete`
    """
    deleted = await parts.deleter.delete(wanted.ids)
    if wants_html(request):
        return RedirectResponse(f"/images?deleted={','.join(map(str, wanted.ids[:_AT_ONCE]))}", 303)
    return JSONResponse(DeletedAnswer(deleted=deleted).model_dump())


@router.post(
    "/restore",
    status_code=202,
    summary="Bring back many deleted pictures",
    response_model=JobAnswer,
    responses=ACCEPTED,
    openapi_extra=_BODY,
)
async def restore(request: Request, wanted: Selected, parts: Wired) -> Response:
    """As new pictures, with new ids; those whose time is over are left out.

    `curl --json '{"ids": [17, 18]}' http://localhost:8000/images/restore`
    """
    return accepted(request, await run_in_threadpool(restored, parts, wanted.ids))


@router.post(
    "/zip",
    summary="Many pictures in one ZIP file",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **documented(400, 422, 503)},
    openapi_extra=_BODY,
)
async def zip_(wanted: Selected, parts: Wired, metadata: WithMetadata = "") -> Response:
    """`curl --json '{"ids": [17, 18]}' -o pictures.zip http://localhost:8000/images/zip`"""
    whole = with_metadata(parts, metadata)
    return StreamingResponse(
        zipped(_pictures(parts, wanted.ids), parts.store, metadata=whole),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="pictures.zip"'},
    )


@router.post(
    "/search",
    status_code=303,
    summary="Search by many pictures, from a form",
    response_class=RedirectResponse,
    responses=documented(400, 422),
    openapi_extra=_BODY,
)
async def search_by_form(wanted: Selected) -> Response:
    """Leads to the question's own address: one query of all of them, of the first 32."""
    asked = [("id", str(id_)) for id_ in wanted.ids[:MOST_PARTS]]
    return RedirectResponse(str(Address.of(asked)), 303)


def restored(parts: Parts, ids: Sequence[int]) -> Job:
    """The rows and the job that embeds them, all or none; `NothingToRestore` when none can be."""
    with parts.catalog.transaction():
        now, items = time(), []
        there = [id_ for id_ in dict.fromkeys(ids) if parts.catalog.restorable(id_, now) is not None]
        for picture_id in there or ids[:1]:
            picture = parts.catalog.restore(picture_id, now)
            items.append(NewItem({"name": picture.title or picture.path, "picture": picture.id}))
        return parts.jobs.create(RESTORE, {}, items)


def _pictures(parts: Parts, ids: Sequence[int]) -> Iterator[Picture]:
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        yield from parts.catalog.pictures(wanted[start : start + _AT_ONCE]).values()


def _back(request: Request) -> str:
    """The page of pictures that the form was on, with its filters."""
    query = request.headers.get("referer", "").partition("?")[2]
    return str(Address.of(parse_qsl(query), "/images").put("deleted", None))
