"""Pages are sent compressed: they are text, and a phone waits for them."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregate_service.web.routes.negotiation import prefers_html


class CompressedPages:
    """Only what people ask for: pictures are small already, and programs say little."""

    def __init__(self, app: ASGIApp) -> None:
        self._plain, self._compressed = app, GZipMiddleware(app, minimum_size=1_000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        compressed = scope["type"] == "http" and self._is_for_people(Headers(scope=scope))
        await (self._compressed if compressed else self._plain)(scope, receive, send)

    def _is_for_people(self, headers: Headers) -> bool:
        return "range" not in headers and prefers_html(", ".join(headers.getlist("accept")))
