"""How the whole installation is: HTML for browsers, JSON for programs."""

from typing import Any

from fastapi import APIRouter, Request, Response

from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.report import Queue, StatusReport
from aggregate_service.web.routes.html import as_json, html, wants_html
from aggregate_service.web.routes.parts import Wired

router = APIRouter(tags=["health"])
_HTML: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}}}


@router.get("/status", summary="How everything is", response_model=StatusReport, responses=_HTML)
async def status(request: Request, parts: Wired) -> Response:
    """Services, encoder, collection, jobs, versions, and what to do about problems; within 1.2 s.

    `curl http://localhost:8000/status`
    """
    report = await parts.status.report(lambda: (parts.catalog.count(), Queue(**parts.jobs.active_counts())))
    if wants_html(request):
        return html(parts.page.status(report.model_dump(mode="json"), visitor_of(request)))
    return as_json(report)
