"""Who looks at a page: the language to speak, and the address that they are at."""

from dataclasses import dataclass

from fastapi import Request

from aggregate_service.web.page.messages import LANGUAGES, preferred

LANGUAGE_COOKIE = "language"


@dataclass(frozen=True)
class Visitor:
    """`here` is where switching the language leads back to: path and query."""

    language: str = "en"
    here: str = "/"
    signed_in: bool = False
    may_write: bool = True
    """Whether the page offers to change and delete; the routes ask for the right themselves."""


def visitor_of(request: Request) -> Visitor:
    """A language that was chosen on the page goes before what the browser asks for."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    asked = ", ".join(request.headers.getlist("accept-language"))
    query = f"?{request.url.query}" if request.url.query else ""
    here = request.url.path + query if request.method == "GET" else "/"
    language = chosen if chosen in LANGUAGES else preferred(asked)
    may_write = bool(request.scope.get("may_write", True))
    return Visitor(language, here, bool(request.scope.get("signed_in")), may_write)
