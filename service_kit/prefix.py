"""Below a path of a proxy (`ROOT_PATH`, `X-Forwarded-Prefix`): every address in an answer begins with it.

Routes and pages know nothing of it: they write `/…`, which becomes here what people see.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_DOCUMENTATION = ("/docs", "/redoc", "/openapi.json")  # FastAPI writes `root_path` before its own addresses
# Of elements only: text that people wrote has no quotation mark in a page that isn't escaped.
_ADDRESS = re.compile(rb'(\s(?:href|src|action|formaction|data-file|data-thumbnail)=")/(?!/)')
_SRCSET = re.compile(rb'\ssrcset="[^"]+"')
_CANDIDATE = re.compile(rb'([",] ?)/(?!/)')


class UnderPrefix:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = scope.get("prefix", "")
        if scope["type"] != "http" or not prefix:
            await self.app(scope, receive, send)
            return
        if scope["path"] in _DOCUMENTATION:
            scope["root_path"] = prefix
            await self.app(scope, receive, send)
            return
        await self.app(scope, receive, _prefixing(prefix, send))


def _prefixing(prefix: str, send: Send) -> Send:
    page: Message | None = None
    body = b""

    async def answer(message: Message) -> None:
        nonlocal page, body
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            _prefix_headers(headers, prefix)
            if headers.get("content-type", "").startswith("text/html"):
                page = message  # its length is known when all of it is here
                return
        elif page is not None:
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            body = _prefixed(body, prefix.encode())
            MutableHeaders(scope=page)["content-length"] = str(len(body))
            await send(page)
            message = {"type": "http.response.body", "body": body}
        await send(message)

    return answer


def _prefixed(page: bytes, prefix: bytes) -> bytes:
    """Every address of an element; a `srcset` has several, with commas between them."""
    page = _ADDRESS.sub(rb"\1" + prefix + b"/", page)
    return _SRCSET.sub(lambda found: _CANDIDATE.sub(rb"\1" + prefix + b"/", found[0]), page)


def _prefix_headers(headers: MutableHeaders, prefix: str) -> None:
    location = headers.get("location", "")
    if location.startswith("/") and not location.startswith("//"):
        headers["location"] = prefix + location
    cookies = headers.getlist("set-cookie")
    if cookies:
        del headers["set-cookie"]
        for cookie in cookies:
            headers.append("set-cookie", re.sub(r"(?i)\bpath=/(?=;|$)", f"Path={prefix}/", cookie))
