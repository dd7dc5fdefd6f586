"""Pictures of the catalogue: what is known of them, their files, their thumbnails."""

from dataclasses import replace
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.errors import InvalidRequest, NoSuchPicture, PictureIsMissing
from aggregate_service.files.image_store import THUMBNAIL_SIDES, VIEW_SIDE
from aggregate_service.files.storage import status_of
from aggregate_service.web.object_response import ObjectResponse
from aggregate_service.web.routes.html import as_json, wants_html
from aggregate_service.web.routes.pages import picture_page
from aggregate_service.web.routes.parts import Parts, Wired
from aggregate_service.web.schemas import PictureAnswer, picture_answer
from picture_files.formats import BY_MEDIA_TYPE
from service_kit.messages.message import message
from service_kit.problems import documented

router = APIRouter(prefix="/images", tags=["pictures"])
# A picture may do nothing; the browser's own viewer around it needs its inline style and the picture itself.
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox",
}
_FOR_EVER = "public, max-age=31536000, immutable"
_CHECK_EACH_TIME = "no-cache"
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The copy that the client has is good"}
}
WithMetadata = Annotated[
    str, Query(description="`no`: without place, time and camera; a WebP of what is no JPEG, PNG or WebP.")
]
IfNoneMatch = Annotated[str | None, Header()]


class Side(IntEnum):
    """How large a thumbnail can be."""

    SMALL, MEDIUM, LARGE = THUMBNAIL_SIDES


async def known_picture(picture_id: int, parts: Wired) -> Picture:
    """The row; facts that an imported list couldn't give are filled in now."""
    return await run_in_threadpool(_complete, parts, picture_id)


KnownPicture = Annotated[Picture, Depends(known_picture)]


@router.get(
    "/{picture_id}",
    summary="What is known of a picture",
    response_model=PictureAnswer,
    responses={200: {"content": {"text/html": {}}}, **documented(404, 422)},
)
async def picture(request: Request, picture: KnownPicture, parts: Wired) -> Response:
    """`curl http://localhost:8000/images/17`"""
    searchable = bool(await run_in_threadpool(parts.catalog.searchable, [picture.id]))
    answer = picture_answer(picture, searchable, parts.settings.missing_days)
    if wants_html(request):
        return picture_page(request, parts, answer.model_dump(mode="json"))
    return as_json(answer)


@router.get(
    "/{picture_id}/file",
    summary="The picture itself",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **_NOT_MODIFIED, **documented(404, 422, 503)},
)
async def file(
    picture: KnownPicture, parts: Wired, metadata: WithMetadata = "", if_none_match: IfNoneMatch = None
) -> Response:
    """As it is, unless its metadata is to be left out. `curl -O http://localhost:8000/images/17/file`"""
    answer = _file if with_metadata(parts, metadata) else _stripped_file
    return await run_in_threadpool(answer, parts, picture, if_none_match)


@router.get(
    "/{picture_id}/thumbnail",
    summary="A small WebP of the picture",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **_NOT_MODIFIED, **documented(404, 422, 503)},
)
async def thumbnail(
    picture: KnownPicture,
    parts: Wired,
    v: Annotated[str | None, Query(description="The content's hash; the answer may then be kept.")] = None,
    size: Annotated[Side, Query(description="Most pixels a side.")] = Side.SMALL,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Upright, and no larger than the picture. `curl http://localhost:8000/images/17/thumbnail`"""
    with parts.metrics.step("thumbnail"):
        kept = await run_in_threadpool(parts.store.kept_small, picture, size)
        if kept is None and picture.missing_since is not None:
            return await run_in_threadpool(_kept_instead, parts, picture, size)
        if kept is None:
            kept = await parts.store.decode(partial(parts.store.small, picture, size))
    data, sha256 = kept
    named = bool(v) and len(v or "") >= 12 and sha256.startswith(v or "")
    headers = SAFE | {"ETag": f'"{sha256}"', "Cache-Control": _FOR_EVER if named else _CHECK_EACH_TIME}
    if _matches(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


@router.get(
    "/{picture_id}/view",
    summary="The picture as every browser shows it",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **_NOT_MODIFIED, **documented(404, 422, 503)},
)
async def view(
    picture: KnownPicture, parts: Wired, metadata: WithMetadata = "", if_none_match: IfNoneMatch = None
) -> Response:
    """The file itself; a WebP of at most 2,048 pixels a side where it is HEIC, RAW or TIFF.

    `curl http://localhost:8000/images/17/view`
    """
    return await run_in_threadpool(_view, parts, picture, with_metadata(parts, metadata), if_none_match)


def _complete(parts: Parts, picture_id: int) -> Picture:
    found = parts.catalog.picture(picture_id)
    if found is None:
        raise NoSuchPicture(picture_id)
    if found.sha256 is None:
        with parts.store.open_picture(found) as file:
            facts = parts.store.facts(file)
        if parts.catalog.by_sha256(facts.sha256) is not None:  # a scan will make them one
            return replace(found, **facts.columns)
        parts.catalog.describe(picture_id, facts)
        return parts.catalog.picture(picture_id) or found
    return found


def _file(parts: Parts, picture: Picture, if_none_match: str | None) -> Response:
    with parts.store.open_picture(picture) as file:
        media_type = parts.store.header(file).media_type
        status = status_of(file)
    headers = SAFE | {
        "ETag": f'"{status.size:x}-{status.modified_ns:x}"',
        "Cache-Control": "no-cache",
    }
    if _matches(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    located = parts.store.locate(picture.place)
    if isinstance(located, Path):
        return FileResponse(located, headers=headers, media_type=media_type)
    return ObjectResponse(located, status, headers=headers, media_type=media_type)


def with_metadata(parts: Parts, asked: str) -> bool:
    """Where nobody allows it (STRIP_METADATA), nobody gets it."""
    if asked not in ("", "yes", "no"):
        raise InvalidRequest(
            message("choice-unknown", name="metadata", known="yes, no", given=repr(asked[:50]))
        )
    return asked != "no" and not parts.settings.strip_metadata


def _stripped_file(parts: Parts, picture: Picture, if_none_match: str | None) -> Response:
    with parts.store.open_picture(picture) as file:
        status = status_of(file)
        headers = SAFE | {
            "ETag": f'"{status.size:x}-{status.modified_ns:x}-stripped"',
            "Cache-Control": _CHECK_EACH_TIME,
        }
        if _matches(headers["ETag"], if_none_match):
            return Response(status_code=304, headers=headers)
        data, media_type = parts.store.stripped(file)
    return Response(data, media_type=media_type, headers=headers)


def _view(parts: Parts, picture: Picture, whole: bool, if_none_match: str | None) -> Response:
    with parts.store.open_picture(picture) as file:
        media_type = parts.store.header(file).media_type
    if BY_MEDIA_TYPE[media_type].in_browsers:
        return (_file if whole else _stripped_file)(parts, picture, if_none_match)
    data, sha256 = parts.store.small(picture, VIEW_SIDE)
    headers = SAFE | {"ETag": f'"{sha256}-view"', "Cache-Control": _CHECK_EACH_TIME}
    if _matches(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/webp", headers=headers)


def _kept_instead(parts: Parts, picture: Picture, size: int) -> Response:
    """What was made while its file was there, in whatever size; asked for again each time."""
    path = parts.store.kept_instead(picture.sha256, size)
    if path is None:
        raise PictureIsMissing(picture.id)
    return FileResponse(path, headers=SAFE | {"Cache-Control": _CHECK_EACH_TIME}, media_type="image/webp")


def _matches(etag: str, if_none_match: str | None) -> bool:
    offered = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return "*" in offered or etag in offered
