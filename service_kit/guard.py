"""The outermost middleware: request ids, the log line, metrics; bodies too large, too slow or cut short."""

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic, perf_counter
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service_kit.logs import request_id
from service_kit.messages.message import message
from service_kit.metrics import Metrics
from service_kit.problems import PROBLEM_JSON, BadRequest, RequestTimeout, TooLarge, problem_body

log = logging.getLogger("service.request")
_UNEXPECTED = problem_body(500, message("internal-error"))
_ID = re.compile(r"[\w.-]{1,64}")
_BOUNDARY = re.compile(r'multipart/form-data.*boundary="?([^";,]+)', re.IGNORECASE)


@dataclass(frozen=True)
class BodyLimit:
    """How large a request's body may be, and how long it may take to arrive."""

    max_bytes: int
    seconds: float


class RequestGuard:
    """Gives each request an id, drops a trailing slash, bounds its body, logs one line.

    `limits` has the routes, as `POST /path`, whose bodies have a limit of their own.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, limit: BodyLimit, limits: Mapping[str, BodyLimit]
    ) -> None:
        self.app, self.metrics = app, metrics
        self.limit, self.limits = limit, limits

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

        try:
            await self.app(scope, self._bounded(scope, headers, receive), answer)
        except ClientDisconnect:  # nobody is left to be told
            log.debug("the client is gone")
        except (
            Exception
        ):  # the last line of defence: whatever it was, the client gets a problem and the log a trace
            log.exception("unexpected error")
            if status is None:
                await JSONResponse(_UNEXPECTED, 500, media_type=PROBLEM_JSON)(scope, receive, answer)
        finally:
            self._record(scope, status or 499, perf_counter() - start)
            request_id.reset(token)

    def _bounded(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        """Wrap `receive`: 408 for a body that comes too slowly, 413 if too large, 400 if cut short."""
        limit = self.limits.get(f"{scope['method']} {scope['path']}", self.limit)
        start = monotonic()
        ends_by = start + limit.seconds
        found = _BOUNDARY.search(headers.get("content-type", ""))
        closing = f"--{found[1].strip()}--".encode("latin-1") if found else b""
        tail, complete, received = b"", False, 0
        announced = headers.get("content-length", "")

        async def receive_body() -> Message:
            nonlocal tail, complete, received
            if complete:  # what follows is waiting for the client to hang up: no limit to that
                return await receive()
            if announced.isdigit() and int(announced) > limit.max_bytes:
                raise _too_large(limit)
            try:
                event = await asyncio.wait_for(receive(), ends_by - monotonic())
            except TimeoutError:
                raise RequestTimeout(message("request-too-slow", seconds=f"{limit.seconds:g}")) from None
            if event["type"] == "http.request":
                received += len(event.get("body", b""))
                if received > limit.max_bytes:
                    raise _too_large(limit)
                tail = (tail + event.get("body", b""))[-len(closing) - 1024 :]
                complete = not event.get("more_body", False)
                if complete and received:
                    self.metrics.step_seconds.labels("read").observe(monotonic() - start)
                if complete and closing not in tail:
                    raise BadRequest(message("upload-cut-short"))
            return event

        return receive_body

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


def _too_large(limit: BodyLimit) -> TooLarge:
    return TooLarge(message("request-too-large", limit=f"{limit.max_bytes / 1e6:g}"))
