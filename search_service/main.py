"""The composition root of the search service: every real part is made here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from search_service.config import Settings
from search_service.engines.backend import Backend
from search_service.engines.open import open_backend
from search_service.serving import Serving, cancelled
from search_service.web.gauges import IndexGauges
from search_service.web.routes import router
from service_kit.app import create_service
from service_kit.server import serve
from service_kit.settings import from_environment

_DESCRIPTION = """Finds the nearest vectors. Knows vectors and their integer ids, and no pictures.

A collection holds the vectors of one encoder; the first upsert creates it. Scores are cosine similarities."""


def create_app(
    settings: Settings | None = None, open_backend: Callable[[Settings], Backend] = open_backend
) -> FastAPI:
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        serving = app.state.serving = Serving(settings, open_backend)
        running = asyncio.create_task(serving.run())
        yield
        serving.leave()
        await cancelled(running)
        await serving.stop()

    async def readiness() -> dict[str, Any]:
        return await app.state.serving.readiness()  # type: ignore[no-any-return]

    app = create_service(
        title="Image search: search API",
        description=_DESCRIPTION,
        lifespan=lifespan,
        readiness=readiness,
        max_body_bytes=settings.max_request_mb * 1_000_000,
        body_seconds=settings.body_seconds,
        hosts=settings.hosts,
        proxies=settings.proxies,
        root_path=settings.root_path,
    )
    app.state.metrics.registry.register(IndexGauges(lambda: app.state.serving.loaded()))
    app.include_router(router)
    return app


def main() -> None:
    settings = from_environment(Settings)
    serve(create_app(settings), settings.host, settings.port, settings)
