"""The HTML halves of the catalogue's and the jobs' routes: what programs get as JSON, as pages."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.jobs.purging import DAY
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
        shown = await run_in_threadpool(_shown, request, parts, listed)
        return html(parts.page.catalogue_fragment(shown, visitor_of(request)))
    status, encoders, hidden = await asyncio.gather(
        parts.status.for_page(), parts.status.encoders(), run_in_threadpool(_hidden, parts)
    )
    by_date = request.query_params.get("sort") == "taken"
    months = await run_in_threadpool(parts.catalog.months) if by_date else ()
    facts: dict[str, Any] = {"encoder": status.encoder, "encoders": encoders, "months": months} | hidden
    shown = replace(await run_in_threadpool(_shown, request, parts, listed), **facts)
    return html(parts.page.catalogue(shown, visitor_of(request)))


def _shown(request: Request, parts: Parts, listed: Mapping[str, Any]) -> CataloguePage:
    address = Address.of(request.query_params.multi_items(), "/images").put("deleted", None)
    deleted = request.query_params.get("deleted", "").split(",")
    return CataloguePage(
        total=listed["total"] if listed["total_is_exact"] else AtLeast(listed["total"]),
        pictures=[_with_what_is_kept(parts, picture) for picture in listed["images"]],
        notes=listed.get("notes", ()),
        next=_at(address, listed["next"]),
        previous=_at(address, listed["previous"]),
        deleted=[int(id_) for id_ in deleted if id_.isascii() and id_.isdecimal() and len(id_) < 20],
        undo_minutes=math.ceil(parts.settings.undo_seconds / 60),
        address=address,
        most_files=parts.settings.max_upload_files,
        most_bytes=int(parts.settings.max_upload_mb * 1e6),
    )


def _with_what_is_kept(parts: Parts, picture: Mapping[str, Any]) -> Mapping[str, Any]:
    """A missing picture that has no small copy either is said to be `lost`: the page draws something."""
    lost = picture["missing_since"] is not None and parts.store.kept_instead(picture["sha256"]) is None
    return {**picture, "lost": lost}


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


def _hidden(parts: Parts) -> dict[str, Any]:
    """How many pictures are missing, since when and until when, and how many are out of reach."""
    missing, unreachable = parts.catalog.hidden_counts()
    since = parts.catalog.missing_since()
    moments: dict[str, str] = {}
    if since is not None:
        until = since + parts.settings.missing_days * DAY
        for name, moment in (("missing_since", since), ("purged_at", until)):
            moments[name] = datetime.fromtimestamp(moment, UTC).isoformat()
    return {"missing": missing, "unreachable": unreachable} | moments


def _at(address: Address, cursor: str | None) -> str | None:
    return str(address.put("cursor", cursor)) if cursor else None
