"""The composition root of the aggregate service: every real part is built here, and nowhere else."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, nullcontext
from dataclasses import replace
from pathlib import Path

from fastapi import Depends, FastAPI
from sqlalchemy import make_url
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from aggregate_service.access.control import AccessControl, Rules
from aggregate_service.access.keys import ApiKeys, signing_secret
from aggregate_service.access.rates import Rates
from aggregate_service.access.sessions import Sessions
from aggregate_service.access.settings import rules_of, why_not_started
from aggregate_service.backup.restoring import Restoring, is_restored
from aggregate_service.backup.taking import Backups
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.copying import move_in
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.catalogue.sole_owner import sole_owner
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.composition import Services, job_service
from aggregate_service.config import Settings
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import Storage
from aggregate_service.files.uploads import content_store
from aggregate_service.improvement.improved_embedding import ImprovedEmbedding
from aggregate_service.improvement.projections import Projections
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.folder_jobs import FolderRun
from aggregate_service.jobs.portable import Portable
from aggregate_service.jobs.vectors_stored import StoredVectors
from aggregate_service.local.config import LocalSettings
from aggregate_service.local.gallery import gallery_here
from aggregate_service.search.linked import LinkedPictures
from aggregate_service.search.searcher import Searcher
from aggregate_service.web.access_guard import AccessGuard
from aggregate_service.web.compressed_pages import CompressedPages
from aggregate_service.web.crowd_guard import CrowdGuard
from aggregate_service.web.gauges import InstallationGauges
from aggregate_service.web.known_fields import known_query
from aggregate_service.web.page.pages import Pages
from aggregate_service.web.rate_guard import RateGuard
from aggregate_service.web.routes import (
    access as access_routes,
)
from aggregate_service.web.routes import (
    aliases,
    backup,
    catalogue,
    duplicates,
    evaluations,
    folders,
    images,
    improvements,
    jobs,
    keys,
    language,
    linked,
    models,
    search,
    selection,
    sharing,
    shell,
    static,
    status,
    suggestions,
    uploads,
    why,
)
from aggregate_service.web.routes.html import show_problems_on_the_page
from aggregate_service.web.routes.parts import Parts
from aggregate_service.web.routes.static import static_files
from aggregate_service.web.routes.uploads import UPLOAD_ROUTES
from aggregate_service.web.status import StatusBoard, versions
from service_kit.app import create_service
from service_kit.guard import BodyLimit
from service_kit.problems import Problem
from service_kit.server import serve
from service_kit.settings import from_environment

PATIENT_SECONDS = 300.0  # for work on jobs: a slow encoder isn't one that is down
DESCRIPTION = """Search a folder of pictures by example and by words.

`POST /` with one or more pictures answers with the most similar ones of the catalogue."""


def create_app(
    settings: Settings | None = None,
    *,
    embedding: EmbeddingClient | None = None,
    search_client: SearchClient | None = None,
    served: FolderRun | None = None,
) -> FastAPI:
    """The app, which indexes the `served` folder when it starts.

    Tests hand in clients that talk to other apps than the configured ones.
    """
    settings = settings or Settings()
    patient = (
        embedding or embedding_client(settings, PATIENT_SECONDS),
        search_client or search_service_client(settings, PATIENT_SECONDS),
    )
    embedding = embedding or embedding_client(settings)
    search_client = search_client or search_service_client(settings)
    catalog = open_catalog(settings)
    for client in (search_client, patient[1]):
        client.write_for(catalog.identity)
    gallery = Gallery(catalog, settings.images_dir)
    store = image_store(settings, gallery)
    deleter = Deleter(catalog, search_client, store, settings.undo_seconds)
    portable = Portable(catalog, gallery, settings.images_path_file, upload_storage(settings))
    projections = Projections(catalog)
    services = Services(catalog, gallery, store, deleter, *patient, projections)
    work = job_service(settings, services, portable, served)
    rules, rates = rules_of(settings), Rates(settings.budget)
    access = access_control(settings, rules, catalog.database)
    answering = ImprovedEmbedding(embedding, projections)
    board = StatusBoard(answering, search_client, gallery, work.first_index, work.background.crashes)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(portable.import_into_empty)
        await work.start()
        yield
        await work.stop()
        for client in (embedding, search_client, *patient):
            await client.close()
        catalog.close()

    app = create_service(
        title="Image search",
        description=DESCRIPTION,
        lifespan=lifespan,
        readiness=board.readiness,
        max_body_bytes=int(settings.max_request_mb * 1e6),
        max_text_bytes=1_000_000,
        body_seconds=settings.body_seconds,
        hosts=replace(settings.hosts, any_host=rules.any_host),
        proxies=settings.proxies,
        root_path=settings.root_path,
        guards=[
            Middleware(AccessGuard, access=access),
            Middleware(RateGuard, rates=rates),
            Middleware(CrowdGuard, most=settings.max_searches),
        ],
        refusals=(401, 429),
        body_limits=dict.fromkeys(UPLOAD_ROUTES, upload_limit(settings)),
    )
    app.add_middleware(CompressedPages)
    app.state.parts = Parts(
        settings=settings,
        catalog=catalog,
        backups=Backups(catalog, work.contents, patient[1], versions()["image-search"]),
        portable=portable,
        store=store,
        stored=StoredVectors(catalog, search_client),
        deleter=deleter,
        folders=work.folders,
        jobs=work.jobs,
        contents=work.contents,
        uploads=work.uploads,
        tasks=work.tasks,
        evaluations=work.evaluations,
        improvements=work.improvements,
        embedding=embedding,
        status=board,
        searcher=Searcher(
            answering,
            search_client,
            catalog,
            store,
            app.state.metrics,
            work.first_index,
            max_file_bytes=settings.max_file_bytes,
            max_k=settings.max_k,
        ),
        linked=LinkedPictures(catalog, work.downloader, settings.max_file_bytes),
        page=Pages(),
        metrics=app.state.metrics,
        access=access,
        rates=rates,
    )
    app.state.metrics.registry.register(
        InstallationGauges(catalog, work.jobs, _disks(settings), work.background.crashes)
    )
    show_problems_on_the_page(app)
    for routes in (
        search,
        catalogue,
        selection,
        sharing,
        linked,
        uploads,
        duplicates,
        suggestions,
        images,
        why,
        jobs,
        evaluations,
        improvements,
        folders,
        backup,
        models,
        status,
        language,
        access_routes,
        keys,
        static,
        shell,
    ):
        app.include_router(routes.router, dependencies=[Depends(known_query)])
    app.include_router(aliases.router)  # of others: they may send anything
    app.mount("/static", static_files(), name="static")
    return app


def open_catalog(settings: Settings) -> Catalog:
    """`DatabaseAway` or `DatabaseUnfit` when it can't be; a catalogue that moves to PostgreSQL is copied."""
    database = Database(settings.database)
    move_in(database, settings.catalog_path)
    return Catalog(database)


async def restore(settings: Settings, search: SearchClient) -> None:
    """RESTORE_FROM, where it is set, into an empty catalogue; `CannotRestore` says what is in the way."""
    if settings.restore_from is None:
        return
    database = Database(settings.database)
    try:
        await Restoring(database, content_store(settings.bucket, settings.upload_dir), search).run(
            settings.restore_from
        )
    finally:
        database.close()
        await search.close()


def _disks(settings: Settings) -> dict[str, Path]:
    catalogue = settings.catalogue_file
    kept = {"uploads": settings.upload_dir, "thumbnails": settings.thumbnails_dir}
    return kept | ({"catalogue": catalogue.parent} if catalogue else {})


def access_control(settings: Settings, rules: Rules, database: Database) -> AccessControl:
    password = rules.password.fingerprint if rules.password else rules.token
    sessions = Sessions(signing_secret(database), password, int(settings.session_days * 86_400))
    return AccessControl(rules, ApiKeys(database), sessions)


def embedding_client(settings: Settings, seconds: float | None = None) -> EmbeddingClient:
    addresses = [address.strip() for address in settings.embedding_api_url.split(",") if address.strip()]
    return EmbeddingClient(
        addresses,
        seconds=seconds or settings.embedding_seconds,
        connect_seconds=settings.connect_seconds,
    )


def search_service_client(settings: Settings, seconds: float | None = None) -> SearchClient:
    return SearchClient(
        settings.search_api_url,
        seconds=seconds or settings.search_seconds,
        connect_seconds=settings.connect_seconds,
    )


def upload_limit(settings: Settings) -> BodyLimit:
    return BodyLimit(int(settings.max_upload_mb * 1e6), settings.upload_seconds)


def image_store(settings: Settings, gallery: Gallery) -> ImageStore:
    return ImageStore(
        gallery.folder,
        upload_storage(settings),
        settings.thumbnails_dir,
        settings.picture_limits,
        settings.link_rules,
    )


def upload_storage(settings: Settings) -> Storage:
    """Where our own copies of pictures are kept."""
    return content_store(settings.bucket, settings.upload_dir).storage


def folder_of_the_start(settings: LocalSettings, catalog: Catalog) -> FolderRun | None:
    """IMAGES, or what was fetched in its place; a restored catalogue keeps the folders that it has."""
    if settings.images is None and is_restored(catalog):
        return None
    gallery = gallery_here(settings)
    if gallery is None:
        return None
    return FolderRun(str(gallery.folder.resolve()), gallery.label, gallery.notice, launched=True)


def main() -> None:
    settings = from_environment(Settings)
    if why := why_not_started(settings):
        sys.exit(why)
    try:
        with owning(settings):
            asyncio.run(restore(settings, search_service_client(settings, PATIENT_SECONDS)))
            with closing(open_catalog(settings)) as catalog:
                served = folder_of_the_start(from_environment(LocalSettings), catalog)
            app = create_app(settings, served=served)
            serve(app, settings.host, settings.port, settings)
    except Problem as problem:
        sys.exit(f"Can't start: {problem.detail}")


def owning(settings: Settings) -> AbstractContextManager[None]:
    """The catalogue for this process alone; one in PostgreSQL may have several, which share the work."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return nullcontext()
    who = f"process {os.getpid()} on {socket.gethostname()} (http://{settings.host}:{settings.port})"
    return sole_owner(Path(url.database), who)
