"""The app factory of every service: problems, guard, metrics, health and offline docs in one call."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi_offline import FastAPIOffline
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware

from service_kit.answers import SafeAnswers
from service_kit.forwarded import NO_PROXIES, ForwardedHeaders, Proxies
from service_kit.guard import BodyLimit, RequestGuard
from service_kit.head import HeadAsGet
from service_kit.hosts import ANY_LOCAL_NAME, HostRules
from service_kit.messages.message import message
from service_kit.metrics import Metrics
from service_kit.origin import OriginGuard
from service_kit.prefix import UnderPrefix
from service_kit.problems import Problem, Unavailable, documented, install_problem_handlers

Readiness = Callable[[], Awaitable[dict[str, Any]]]
STRANGER = "stranger"
"""Set in a request's scope by a guard that doesn't know who asks."""

_FORM_LIMITS: Any = {"max_fields": 100, "max_files": 100, "max_part_size": 100_000}


def create_service(
    *,
    title: str,
    description: str,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    readiness: Readiness,
    max_body_bytes: int,
    max_text_bytes: int | None = None,
    body_seconds: float = 60.0,
    body_limits: Mapping[str, BodyLimit] = MappingProxyType({}),
    hosts: HostRules = ANY_LOCAL_NAME,
    proxies: Proxies = NO_PROXIES,
    root_path: str = "",
    guards: Sequence[Middleware] = (),
    refusals: Sequence[int] = (),
) -> FastAPI:
    """Build a service's app; its routes are added by the caller, its `Metrics` are at `app.state.metrics`.

    `max_text_bytes`: of a body that is neither in parts nor binary; as others if left out.
    `body_limits` has the routes, as `POST /path`, whose bodies have a limit of their own.
    `hosts` are the names that it answers to, `proxies` those that it believes, `root_path` is the path that
    people see before its own. `guards` stand before every route, the last one first, and answer `refusals`.
    `readiness` returns what `/readyz` answers with 200, or raises a 503 `Problem` that says what is missing.
    """
    app = FastAPIOffline(
        title=title,
        description=description,
        lifespan=lifespan,
        redirect_slashes=False,
        responses=documented(400, 403, 408, 413, 415, 421, 431, 503, *refusals),
        form_limits=_FORM_LIMITS,
    )
    app.state.metrics = Metrics()
    limit = BodyLimit(max_body_bytes, body_seconds, max_text_bytes)
    for guard in guards:
        app.add_middleware(guard.cls, *guard.args, **guard.kwargs)
    app.add_middleware(OriginGuard, rules=hosts)
    # What a guard refuses is answered as any other problem is: here as JSON, on the page as a page.
    app.add_middleware(ExceptionMiddleware, handlers=app.exception_handlers)
    app.add_middleware(RequestGuard, metrics=app.state.metrics, limit=limit, limits=body_limits)
    app.add_middleware(HeadAsGet)
    app.add_middleware(UnderPrefix)
    app.add_middleware(SafeAnswers)
    app.add_middleware(ForwardedHeaders, proxies=proxies, root_path=root_path)
    install_problem_handlers(app)
    _add_health(app, readiness)
    return app


def _add_health(app: FastAPI, readiness: Readiness) -> None:
    @app.get("/healthz", tags=["health"], summary="Is the process alive?")
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["health"], summary="Can it really answer?", responses=documented(503))
    async def readyz(request: Request) -> dict[str, Any]:
        """Whom a guard calls a stranger is told the state alone."""
        if not request.scope.get(STRANGER):
            return {"status": "ready"} | await readiness()
        try:
            await readiness()
        except Problem:
            raise Unavailable(message("not-ready")) from None
        return {"status": "ready"}

    @app.get("/metrics", tags=["health"], summary="Prometheus metrics", response_class=Response)
    def metrics() -> Response:
        """In a thread: what it shows may have to be asked of another service."""
        return Response(generate_latest(app.state.metrics.registry), media_type=CONTENT_TYPE_LATEST)
