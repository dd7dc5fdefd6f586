"""Requests that a foreign page made a browser send: refused, on every service, before anything is read."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service_kit.hosts import HostRules
from service_kit.messages.message import message
from service_kit.problems import BadRequest, Forbidden, Problem

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_FOREIGN = ("cross-site", "same-site")
_FROM_A_BROWSER = ("origin", "referer", "sec-fetch-site", "sec-fetch-mode")


class UnknownHost(Problem):
    status = 421

    def __init__(self, host: str) -> None:
        super().__init__(message("unknown-host", host=repr(host[:100])))


class ForeignPage(Forbidden):
    def __init__(self, page: str, host: str) -> None:
        super().__init__(message("foreign-page", page=page[:100], host=host[:100]))


class NoContentType(Problem):
    status = 415

    def __init__(self) -> None:
        super().__init__(message("no-content-type"))


class OriginGuard:
    """The service answers to its own names only, and changes nothing for a page that isn't its own.

    A request without a browser's headers comes from a program, which nobody can make send it in passing.
    """

    def __init__(self, app: ASGIApp, rules: HostRules) -> None:
        self.app, self.rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not scope[
                "path"
            ].isprintable():  # a route's pattern takes `/keys` with a line break for `/keys`
                raise BadRequest(message("control-character-in-address"))
            host = self._host(headers)
            if scope["method"] not in _SAFE:
                self._require_own_page(headers, host)
                _require_content_type(headers)
        await self.app(scope, receive, send)

    def _host(self, headers: Headers) -> str:
        hosts = headers.getlist("host")
        if len(hosts) > 1:
            raise BadRequest(message("several-hosts"))
        if hosts and not self.rules.answers_to(hosts[0]):
            raise UnknownHost(hosts[0])
        return hosts[0] if hosts else ""

    def _require_own_page(self, headers: Headers, host: str) -> None:
        """`Sec-Fetch-Site`, which only trustworthy addresses are sent, is what the browser itself sees."""
        site = headers.get("sec-fetch-site")
        pages = headers.getlist("origin") or headers.getlist("referer")
        if site in _FOREIGN:
            raise ForeignPage(pages[0] if pages else "another site", host)
        if site is None:
            for page in pages:
                if not self.rules.is_own(page, host):
                    raise ForeignPage(page, host)


def _require_content_type(headers: Headers) -> None:
    """What a browser sends without one, a script may have put together so that nobody is asked first."""
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if has_body and "content-type" not in headers and any(name in headers for name in _FROM_A_BROWSER):
        raise NoContentType
