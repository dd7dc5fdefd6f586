"""Choosing the language of the page."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from aggregate_service.web.page.messages import LANGUAGES
from aggregate_service.web.page.visitor import LANGUAGE_COOKIE

router = APIRouter(include_in_schema=False)
_A_YEAR = 365 * 24 * 3600


@router.post("/language")
async def choose_language(
    language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
) -> RedirectResponse:
    """Remember the language, and go back to the page where it was chosen."""
    answer = RedirectResponse(within(back), 303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, httponly=True, samesite="lax")
    return answer


def within(address: str) -> str:
    """An address of this site; what leads elsewhere leads to the start."""
    leads_out = not address.startswith("/") or address[1:2] in ("/", "\\") or not address.isprintable()
    return "/" if leads_out else address
