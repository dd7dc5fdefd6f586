"""The composition root: everything real is built here, from settings, and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from embedding_service.config import Settings
from embedding_service.embedder import Embedder, Threads
from embedding_service.encoders.base import Encoder
from embedding_service.library import Library, RealLibrary
from embedding_service.measures import Measures
from embedding_service.models import Models
from embedding_service.web.openai_routes import router as openai_router
from embedding_service.web.projection_routes import router as projection_router
from embedding_service.web.routes import router
from embedding_service.weights.hub import Hub
from service_kit.app import create_service
from service_kit.messages.message import notice_members
from service_kit.server import serve
from service_kit.settings import from_environment

DESCRIPTION = (
    "Pictures and texts to unit-length vectors: the nearer two vectors, the more alike what they show."
)


def create_app(settings: Settings | None = None, library: Library | None = None) -> FastAPI:
    """Build the app. `library` replaces how encoders are found and loaded (tests give a fake one)."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        models.start()
        yield
        await models.stop()
        threads.stop()

    async def readiness() -> dict[str, Any]:
        default = models.default()
        spec = default.encoder.spec
        return {
            "model": spec.name,
            "fingerprint": spec.fingerprint,
            "runtime": default.runtime,
            **notice_members(models.notice),
        }

    app = create_service(
        title="Embedding API",
        description=DESCRIPTION,
        lifespan=lifespan,
        readiness=readiness,
        max_body_bytes=int(settings.max_request_mb * 1e6),
        body_seconds=settings.body_seconds,
        hosts=settings.hosts,
        proxies=settings.proxies,
        root_path=settings.root_path,
    )

    def make_embedder(encoder: Encoder) -> Embedder:
        file_bytes = int(settings.max_file_mb * 1e6)
        return Embedder(encoder, threads, measures, settings.picture_limits, file_bytes, settings.batches)

    threads = Threads.start(settings.decode_threads)
    measures = Measures(app.state.metrics)

    library = library or RealLibrary(settings, Hub.from_environment(settings.hub_seconds))
    models = Models(library, make_embedder, settings)
    app.state.settings, app.state.models = settings, models
    app.include_router(router)
    app.include_router(openai_router)
    app.include_router(projection_router)
    return app


def main() -> None:
    settings = from_environment(Settings)
    serve(create_app(settings), settings.host, settings.port, settings)
