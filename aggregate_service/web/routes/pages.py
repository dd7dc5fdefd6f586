"""The HTML halves of the catalogue's and the jobs' routes: what programs get as JSON, as pages."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request, Response

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.web.job_answer import JobAnswer
from aggregate_service.web.page.messages import AtLeast
from aggregate_service.web.page.pages import CataloguePage
from aggregate_service.web.page.query_links import Address
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import html, wants_fragment
from aggregate_service.web.routes.parts import Parts
from aggregate_service.web.schemas import file_url, thumbnail_url


async def catalogue_page(request: Request, parts: Parts, listed: Mapping[str, Any]) -> Response:
    """`listed` is what `GET /images` answers: `total`, `images`, and the cursors `next` and `previous`."""
    if wants_fragment(request):
        return html(parts.page.catalogue_fragment(_shown(request, parts, listed), visitor_of(request)))
    status, encoders = await asyncio.gather(parts.status.for_page(), parts.status.encoders())
    shown = replace(_shown(request, parts, listed), encoder=status.encoder, encoders=encoders)
    return html(parts.page.catalogue(shown, visitor_of(request)))


def _shown(request: Request, parts: Parts, listed: Mapping[str, Any]) -> CataloguePage:
    address = Address.of(request.query_params.multi_items(), "/images").put("deleted", None)
    deleted = request.query_params.get("deleted", "")
    return CataloguePage(
        total=listed["total"] if listed["total_is_exact"] else AtLeast(listed["total"]),
        pictures=listed["images"],
        notes=listed.get("notes", ()),
        next=_at(address, listed["next"]),
        previous=_at(address, listed["previous"]),
        deleted=int(deleted) if deleted.isdecimal() else None,
        undo_minutes=math.ceil(parts.settings.undo_seconds / 60),
        address=address,
        most_files=parts.settings.max_upload_files,
        most_bytes=int(parts.settings.max_upload_mb * 1e6),
    )


def picture_page(request: Request, parts: Parts, picture: Mapping[str, Any]) -> Response:
    model, render = request.query_params.get("model"), parts.page.picture
    return html(render(picture, visitor_of(request), model, fragment=wants_fragment(request)))


def jobs_page(request: Request, parts: Parts, jobs: Sequence[Mapping[str, Any]]) -> Response:
    return html(parts.page.jobs(jobs, visitor_of(request)))


def job_page(request: Request, parts: Parts, job: JobAnswer, pictures: Mapping[int, Picture]) -> Response:
    """`pictures`: those of the job to be shown, without those that were deleted since."""
    found = [pictures[id_] for id_ in job.pictures if id_ in pictures]
    added = [{"id": one.id, "url": file_url(one), "thumbnail_url": thumbnail_url(one)} for one in found]
    return html(parts.page.job(job.model_dump(mode="json"), added, visitor_of(request)))


def _at(address: Address, cursor: str | None) -> str | None:
    return str(address.put("cursor", cursor)) if cursor else None
