"""Signing in and out: the password's form, and the link that signs in."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from aggregate_service.access.control import client_of
from aggregate_service.access.errors import TooManyAttempts, WrongPassword
from aggregate_service.access.sessions import COOKIE
from aggregate_service.web.page.visitor import visitor_of
from aggregate_service.web.routes.html import html, wants_html
from aggregate_service.web.routes.language import within
from aggregate_service.web.routes.parts import Parts, Wired

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    parts: Wired,
    token: Annotated[str, Query()] = "",
    back: Annotated[str, Query()] = "/",
) -> Response:
    """The form; with the right `token`, as `make run` prints it in a link, at once the page."""
    if parts.access.rules.is_open:
        return RedirectResponse(within(back), 303)
    if token:
        cookie = parts.access.sign_in_by_link(token, client_of(request))
        return _signed_in(request, parts, cookie, back)
    return html(parts.page.sign_in(visitor_of(request), within(back)))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    parts: Wired,
    password: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """`curl -c cookies -d password=… http://localhost:8000/sign-in`"""
    try:
        cookie = await parts.access.sign_in(password, client_of(request))
    except (WrongPassword, TooManyAttempts) as problem:
        if not wants_html(request):
            raise
        page = parts.page.sign_in(visitor_of(request), within(back), problem.body())
        return html(page, problem.status, dict(problem.headers or {}))
    return _signed_in(request, parts, cookie, back)


@router.post("/sign-out")
async def sign_out() -> Response:
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


def _signed_in(request: Request, parts: Parts, cookie: str, back: str) -> Response:
    answer = RedirectResponse(within(back), 303)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=parts.access.sessions.seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer
