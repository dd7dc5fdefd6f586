"""The outermost middleware: request ids, the log line, metrics; bodies too large, too slow or cut short."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from uuid import uuid4

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.logs import request_id
from service_kit.messages.message import message
from service_kit.metrics import Metrics
from service_kit.problems import (
    PROBLEM_JSON,
    BadRequest,
    RequestTimeout,
    TooLarge,
    Unavailable,
    problem_body,
)

log = logging.getLogger("service.request")
_UNEXPECTED = problem_body(500, message("internal-error"))
_ID = re.compile(r"[\w.-]{1,64}")
_BODIES_HELD = 4
"""So many of the largest bodies may be in memory together."""


@dataclass(frozen=True)
class BodyLimit:
    """How large a request's body may be, and how long it may take to arrive.

    `max_text_bytes`: of one that isn't in parts or binary, and so is read at once.
    """

    max_bytes: int
    seconds: float
    max_text_bytes: int | None = None

    def most(self, content_type: str) -> int:
        in_parts = content_type.lower().startswith(("multipart/", "application/x-np"))
        return self.max_bytes if in_parts or self.max_text_bytes is None else self.max_text_bytes


class TooManyBodies(Unavailable):
    def __init__(self) -> None:
        super().__init__(message("too-many-bodies"), headers={"Retry-After": "1"})


class ClosingBoundary:
    """Whether a body in parts came to its end; what follows that is nobody's."""

    def __init__(self, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        self._closing = b"--" + boundary + b"--" if boundary else b""
        self._tail = b""
        self.is_here = not boundary

    def feed(self, piece: bytes) -> None:
        if not self.is_here:
            looked_at = self._tail + piece
            self.is_here = self._closing in looked_at
            self._tail = looked_at[-len(self._closing) + 1 :]


class RequestGuard:
    """Gives each request an id, drops a trailing slash, bounds its body, logs one line.

    `limits` has the routes, as `POST /path`, whose bodies have a limit of their own.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, limit: BodyLimit, limits: Mapping[str, BodyLimit]
    ) -> None:
        self.app, self.metrics = app, metrics
        self.limit, self.limits = limit, limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        offered = headers.get("x-request-id", "")
        token = request_id.set(offered if _ID.fullmatch(offered) else uuid4().hex[:12])
        if scope["path"] != "/":
            scope["path"] = scope["path"].rstrip("/") or "/"
        start = perf_counter()
        status: int | None = None

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id.get()
            await send(message)

        bounded, received = self._bounded(scope, headers, receive)
        try:
            await self.app(scope, bounded, answer)
        except ClientDisconnect:  # nobody is left to be told
            log.debug("the client is gone")
        except (
            Exception
        ):  # the last line of defence: whatever it was, the client gets a problem and the log a trace
            log.exception("unexpected error")
            if status is None:
                await JSONResponse(_UNEXPECTED, 500, media_type=PROBLEM_JSON)(scope, receive, answer)
        finally:
            self._held -= received()
            self._record(scope, status or 499, perf_counter() - start)
            request_id.reset(token)

    def _bounded(self, scope: Scope, headers: Headers, receive: Receive) -> tuple[Receive, Callable[[], int]]:
        """`receive` with its limits, and how many bytes of the memory for bodies this one holds.

        408 for a body that comes too slowly, 413 if too large, 400 if cut short, 503 for one too many.
        """
        limit = self.limits.get(f"{scope['method']} {scope['path']}", self.limit)
        content_type = headers.get("content-type", "")
        most = limit.most(content_type)
        start = monotonic()
        ends_by = start + limit.seconds
        ending = ClosingBoundary(content_type)
        complete, received, held = False, 0, 0
        announced = headers.get("content-length", "")

        async def receive_body() -> Message:
            nonlocal complete, received, held
            if complete:  # what follows is waiting for the client to hang up: no limit to that
                return await receive()
            if announced.isdigit() and int(announced) > most:
                raise _too_large(most)
            try:
                event = await asyncio.wait_for(receive(), ends_by - monotonic())
            except TimeoutError:
                raise RequestTimeout(message("request-too-slow", seconds=f"{limit.seconds:g}")) from None
            if event["type"] == "http.request":
                piece = event.get("body", b"")
                received += len(piece)
                if received > most:
                    raise _too_large(most)
                if limit is self.limit:  # the others go to disk as they come
                    held += len(piece)
                    self._hold(len(piece))
                ending.feed(piece)
                complete = not event.get("more_body", False)
                if complete and received:
                    self.metrics.step_seconds.labels("read").observe(monotonic() - start)
                if complete and not ending.is_here:
                    raise BadRequest(message("upload-cut-short"))
            return event

        return receive_body, lambda: held

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > _BODIES_HELD * self.limit.max_bytes:
            raise TooManyBodies

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self.metrics.requests.labels(scope["method"], route, status).inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        quiet = route in ("/healthz", "/readyz", "/metrics")
        fields = {
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(seconds * 1e3, 1),
        }
        log.log(
            logging.DEBUG if quiet else logging.INFO,
            "%(method)s %(path)s %(status)s %(ms)s ms",
            fields,
            extra={"fields": fields},
        )


def _too_large(most: int) -> TooLarge:
    return TooLarge(message("request-too-large", limit=f"{most / 1e6:g}"))
