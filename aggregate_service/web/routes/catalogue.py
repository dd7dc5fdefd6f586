"""The catalogue over HTTP: pages of pictures, what people say of them, deleting."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.catalogue.orders import Sort
from aggregate_service.errors import InvalidRequest, NoSuchCollection, NoSuchPicture, NothingMissing
from aggregate_service.jobs.purging import forget
from aggregate_service.web.job_answer import JobAnswer
from aggregate_service.web.routes.filters import Filter
from aggregate_service.web.routes.html import OR_PAGE, PAGE_K, as_json, wants_html
from aggregate_service.web.routes.pages import catalogue_page
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.routes.uploads import accepted
from aggregate_service.web.schemas import (
    DeletedAnswer,
    MonthsAnswer,
    PageAnswer,
    PictureAnswer,
    PictureChange,
    months_answer,
    notes_of,
    page_answer,
    picture_answer,
    taken_of,
)
from aggregate_service.web.uploading import read_labels
from picture_files.metadata import EARLIEST
from service_kit.messages.message import message
from service_kit.problems import documented

router = APIRouter(prefix="/images", tags=["pictures"])
PAGE = 16
_LARGEST_PAGE = 1_000
_TO_THE_SECOND = len("2026-03-01T12:30:05")
_LIMIT = f"Most pictures in a page; {PAGE} if left out."


@router.get(
    "",
    summary="The pictures",
    response_model=PageAnswer,
    responses=OR_PAGE | documented(422, 503),
)
async def pictures(
    request: Request,
    parts: Wired,
    wanted: Filter,
    limit: Annotated[int | None, Query(ge=1, le=_LARGEST_PAGE, description=_LIMIT)] = None,
    cursor: Annotated[
        str | None, Query(description="`next` or `previous` of another page in the same order.")
    ] = None,
    sort: Annotated[
        Sort,
        Query(
            description="By when they were `added` or `taken`, newest first; `name`; `size`, largest first."
        ),
    ] = "added",
) -> Response:
    """`curl 'http://localhost:8000/images?label=dog&sort=taken&limit=50'`"""
    most = limit or (PAGE_K if wants_html(request) else PAGE)
    with parts.metrics.step("catalogue"):
        listed = await run_in_threadpool(_page, parts, wanted, cursor or None, most, sort)
    if wants_html(request):
        return await catalogue_page(request, parts, listed.model_dump(mode="json"))
    return as_json(listed)


@router.get("/months", summary="How many pictures were taken in each month", responses=documented(503))
async def months(parts: Wired) -> MonthsAnswer:
    """By their own clocks, newest first; each with the `cursor` that its page begins with.

    `curl http://localhost:8000/images/months`
    """
    return months_answer(await run_in_threadpool(parts.catalog.months))


@router.get(
    "/paths",
    summary="Where the pictures of a collection are",
    response_class=Response,
    responses={200: {"content": {"application/json": {}}}, **documented(404, 422, 503)},
)
async def paths(
    parts: Wired, collection: Annotated[str, Query(description="Its name, as the search API lists it.")]
) -> Response:
    """A list of paths in which a picture's place is its id, as `image_paths.json` has it.

    `curl 'http://localhost:8000/images/paths?collection=mini-…'`
    """
    if collection not in await run_in_threadpool(parts.catalog.collections):
        raise NoSuchCollection(collection)
    return StreamingResponse(parts.portable.json(collection), media_type="application/json")


@router.patch("/{picture_id}", summary="Say what a picture is", responses=documented(404, 422, 503))
async def change(picture_id: int, said: PictureChange, parts: Wired) -> PictureAnswer:
    """What is left out stays. `curl -X PATCH --json '{"labels": ["dog"]}' http://localhost:8000/images/17`"""
    return await run_in_threadpool(_change, parts, picture_id, said)


@router.post(
    "/{picture_id}/change",
    status_code=303,
    summary="Say what a picture is, from a form",
    responses=documented(403, 404, 422, 503),
)
async def change_by_form(
    picture_id: int,
    parts: Wired,
    title: Annotated[str, Form(max_length=500)] = "",
    labels: Annotated[str, Form(description="Comma-separated; these, and no others.")] = "",
    taken: Annotated[str, Form(description="Empty: when its file says.")] = "",
) -> Response:
    """What `PATCH /images/{picture_id}` does, for pages; leads back to the picture."""
    said = PictureChange(title=title, labels=read_labels(labels), taken=_moment(taken))
    await run_in_threadpool(_change, parts, picture_id, said)
    return RedirectResponse(f"/images/{picture_id}", 303)


@router.delete(
    "/{picture_id}", status_code=204, summary="Delete a picture", responses=documented(404, 422, 503)
)
async def delete_one(picture_id: int, parts: Wired) -> Response:
    """Gone from search at once; its id never comes back. A file in a folder of yours isn't touched.

    `curl -X DELETE http://localhost:8000/images/17`
    """
    if await parts.deleter.delete([picture_id]) == 0:
        raise NoSuchPicture(picture_id)
    return Response(status_code=204)


@router.post(
    "/{picture_id}/delete",
    status_code=303,
    summary="Delete a picture, from a form",
    responses=documented(403, 404, 422, 503),
)
async def delete_by_form(picture_id: int, parts: Wired) -> Response:
    """What `DELETE /images/{picture_id}` does, for pages without JavaScript; leads back to the catalogue."""
    await delete_one(picture_id, parts)
    return RedirectResponse(f"/images?deleted={picture_id}", 303)


@router.post(
    "/forget",
    status_code=202,
    summary="Forget the pictures that are missing",
    response_model=JobAnswer,
    responses=documented(403, 404, 422, 503),
)
async def forget_missing(
    request: Request,
    parts: Wired,
    unreachable: Annotated[
        bool, Form(description="Those that are out of reach, in place of those whose files are gone.")
    ] = False,
) -> Response:
    """Now, and not after MISSING_DAYS. A file that comes back later is a new picture.

    `curl -X POST http://localhost:8000/images/forget`
    """
    job = await run_in_threadpool(forget, parts.catalog, parts.jobs, unreachable=unreachable)
    if job is None:
        raise NothingMissing
    return accepted(request, job)


@router.delete("", summary="Delete all pictures that a filter means", responses=documented(422, 503))
async def delete_many(parts: Wired, wanted: Filter) -> DeletedAnswer:
    """At least one filter. `curl -X DELETE 'http://localhost:8000/images?label=blurred'`"""
    if not wanted:
        raise InvalidRequest(message("which-missing"))
    ids = await run_in_threadpool(parts.catalog.matching_ids, wanted)
    notes = [] if ids else await run_in_threadpool(parts.catalog.without_pictures, wanted)
    return DeletedAnswer(deleted=await parts.deleter.delete(ids), notes=notes_of(notes))


def _page(parts: Parts, wanted: Filter, cursor: str | None, limit: int, sort: Sort) -> PageAnswer:
    page = parts.catalog.page(wanted, cursor, limit, sort)
    notes = [] if page.total else parts.catalog.without_pictures(wanted)
    searchable = parts.catalog.searchable(picture.id for picture in page.pictures)
    return page_answer(page, searchable, parts.settings.missing_days, notes)


def _change(parts: Parts, picture_id: int, said: PictureChange) -> PictureAnswer:
    with parts.catalog.transaction():
        picture = _known(parts, picture_id)
        if "title" in said.model_fields_set:
            parts.catalog.set_title(picture_id, said.title)
        if said.labels is not None:
            parts.catalog.set_labels(picture_id, said.labels)
        if "taken" in said.model_fields_set:
            _date(parts, picture, said.taken)
        searchable = bool(parts.catalog.searchable([picture_id]))
        return picture_answer(_known(parts, picture_id), searchable, parts.settings.missing_days)


def _date(parts: Parts, picture: Picture, taken: datetime | None) -> None:
    """A form sends the date that it was given along with what was changed: that is no new date."""
    known = taken_of(picture)
    if taken is None:
        with parts.store.open_picture(picture) as file:
            parts.catalog.redescribe({picture.id: parts.store.facts(file)})
    elif taken.year < EARLIEST.year:
        raise InvalidRequest(message("taken-unlikely", given=taken.date().isoformat(), first=EARLIEST.year))
    elif known is None or taken.isoformat() not in (known, known[:_TO_THE_SECOND]):
        parts.catalog.set_taken(picture.id, taken)


def _moment(text: str) -> datetime | None:
    """As a browser's field for a date and a time sends it."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidRequest(message("taken-unreadable", given=repr(text[:50]))) from None


def _known(parts: Parts, picture_id: int) -> Picture:
    if (picture := parts.catalog.picture(picture_id)) is None:
        raise NoSuchPicture(picture_id)
    return picture
