"""HTML answers: their headers, and problems shown on the page to people who look at one."""

import json
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import ExceptionHandler

from aggregate_service.access.errors import NotSignedIn
from aggregate_service.web.page.pages import CONTENT_SECURITY_POLICY
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.negotiation import prefers_html
from aggregate_service.web.routes.parts import Parts, wiring
from service_kit.messages.message import type_of

DEFAULT_K = 5
FRAGMENT = "fragment"
PAGE_K = 30
"""What a person gets who says nothing else; of several pictures at once, a third each."""
SEARCH_PATHS = ("/", "/search", "/share", "/uploadfiles")
_KEPT = ("retry-after", "allow", "www-authenticate")
OR_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}}, "description": "JSON, or the page, as `Accept` says"}
}
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    # Kept so that going back shows the page as it was left; asked for again when it is loaded.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Accept-Language, Cookie, Fragment",
}


def wants_html(request: Request) -> bool:
    return prefers_html(", ".join(request.headers.getlist("accept")))


def wants_fragment(request: Request) -> bool:
    """Our own scripts ask for what is new alone, not for the whole page around it."""
    return FRAGMENT in request.headers


def level_of_headings(request: Request) -> int:
    """What the headings of a fragment stand under: the page's, or a photo's among several."""
    return 3 if request.headers.get(FRAGMENT) == "3" else 2


def html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> HTMLResponse:
    return HTMLResponse(text, status, HEADERS | (headers or {}))


def as_json(answer: BaseModel) -> Response:
    """For a program, where a browser gets a page: caches must keep the two apart."""
    return Response(answer.model_dump_json(), media_type="application/json", headers={"Vary": "Accept"})


def show_problems_on_the_page(app: FastAPI) -> None:
    """Where a browser asks for a page, its problem is a page too, with the same status."""
    for error in (HTTPException, RequestValidationError):
        app.add_exception_handler(error, _on_the_page(app.exception_handlers[error]))


def _on_the_page(as_json: ExceptionHandler) -> ExceptionHandler:
    async def handler(request: Request, error: Exception) -> Response:
        answer: Response = await as_json(request, error)  # type: ignore[misc, arg-type]
        if not wants_html(request):
            return answer
        problem: dict[str, Any] = json.loads(bytes(answer.body))
        kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        parts = await wiring(request)
        if wants_fragment(request) and problem["status"] != NotSignedIn.status:
            page = parts.page.problem(problem, visitor_of(request))
        else:
            page = await _page(request, parts, problem)
        return html(page, answer.status_code, kept)

    return handler


async def _page(request: Request, parts: Parts, problem: dict[str, Any]) -> str:
    """What a guard refused has come to no route: its page says nothing of what is here."""
    if problem["status"] == NotSignedIn.status:
        shown = None if problem["type"] == type_of("not-signed-in") else problem
        return parts.page.sign_in(visitor_of(request), problem=shown)
    if request.url.path in SEARCH_PATHS and "route" in request.scope:
        return await _search_page(request, parts, problem)
    return parts.page.trouble(problem, visitor_of(request))


async def _search_page(request: Request, parts: Parts, problem: dict[str, Any]) -> str:
    down = problem.get("status") == 503
    model = request.query_params.get("model")
    status = await (parts.status.for_page_of_failure() if down else parts.status.for_page(model))
    text = request.query_params.get("text")
    is_unknown_link = problem["type"] == type_of("no-such-link")
    by_link = request.query_params.get("url", "") if is_unknown_link else ""
    shown: dict[str, Any] = {"problem": problem, "visitor": visitor_of(request), "by_link": by_link}
    return parts.page.render(status, k=PAGE_K, text=text, **shown)
