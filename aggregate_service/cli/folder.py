"""`image-search index DIR`: bring catalogue and vectors in step with a folder, which is never modified."""

import asyncio
import sys
from math import inf
from pathlib import Path
from time import monotonic, perf_counter

from rich.console import Console
from starlette.concurrency import run_in_threadpool
from watchfiles import watch

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.cli.exit_codes import DONE, FAILED, INTERRUPTED
from aggregate_service.cli.progress import progress_lines
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.config import Settings
from aggregate_service.errors import CannotIndex
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.folder_runs import RunAsJob
from aggregate_service.jobs.indexing import Indexer, IndexOptions, Progress, Report
from aggregate_service.jobs.intake import Intake
from aggregate_service.jobs.jobs import Job, Jobs
from aggregate_service.jobs.owners import new_owner
from aggregate_service.local.config import LocalSettings
from aggregate_service.local.only_one import served_folders
from aggregate_service.main import embedding_client, image_store, open_catalog, search_service_client
from service_kit.logs import configure_logging
from service_kit.problems import Problem
from service_kit.settings import from_environment

_PATIENT_SECONDS = 300.0
_SKIPPED_SHOWN = 20
_LOOK_MS = 500
_TURN_SECONDS = 0.5
_AGAIN_SECONDS = 30.0  # after so long, a run that failed is tried again


def run(folder: Path, label: str | None, notice: str | None) -> int:
    """The exit code: 0 done (skipped files included), 1 couldn't be done, 130 interrupted."""
    console = Console(stderr=False, highlight=False)
    settings = Settings()
    configure_logging("WARNING", settings.log_format)
    try:
        return _once(settings, folder, label, notice, console)
    except KeyboardInterrupt:
        print("Stopped. Run the same command again to go on.", file=sys.stderr)
        return INTERRUPTED


def follow(folder: Path, label: str | None, notice: str | None) -> int:
    """Run now, and whenever something below the folder has changed, until it is interrupted."""
    console = Console(stderr=False, highlight=False)
    settings = Settings()
    configure_logging("WARNING", settings.log_format)
    if not folder.is_dir():
        return _once(settings, folder, label, notice, console)
    console.print(f"Watching {folder}; Ctrl-C stops.", markup=False, soft_wrap=True)
    due = 0.0
    try:
        for changes in watch(folder, watch_filter=None, rust_timeout=_LOOK_MS, yield_on_timeout=True):
            if changes or monotonic() >= due:
                code = _once(settings, folder, label, notice, console)
                due = monotonic() + _AGAIN_SECONDS if code == FAILED else inf
    except KeyboardInterrupt:
        print("Stopped watching.", file=sys.stderr)
    return INTERRUPTED


def _once(
    settings: Settings,
    folder: Path,
    label: str | None,
    notice: str | None,
    console: Console,
) -> int:
    start = perf_counter()
    try:
        _refuse_beside_another(settings, folder)
        with progress_lines(console) as progress:
            report = asyncio.run(index(settings, folder, label, notice, progress))
    except Problem as problem:
        print(f"Can't index {folder}: {problem.detail}", file=sys.stderr)
        return FAILED
    _say(console, report, perf_counter() - start)
    return DONE


def _refuse_beside_another(settings: Settings, folder: Path) -> None:
    """The running services' vectors belong to another catalogue than the one that this command would fill."""
    mine = settings.catalog_path.parent.resolve()
    for served in served_folders(from_environment(LocalSettings).data_dir):
        if settings.database_url is None and served.resolve() != mine:
            raise CannotIndex(
                f"`make run` serves another catalogue now ({served}), whose vectors this would overwrite. "
                f"Add the pictures on its page, or start it with WATCH_FOLDERS={folder.resolve()}."
            )


async def index(
    settings: Settings,
    folder: Path,
    label: str | None,
    notice: str | None,
    progress: Progress,
    clients: tuple[EmbeddingClient, SearchClient] | None = None,
) -> Report:
    """One run with the configured services, or with these clients; they are closed at its end."""
    catalog = open_catalog(settings)
    embedding, search = clients or (
        embedding_client(settings, _PATIENT_SECONDS),
        search_service_client(settings, _PATIENT_SECONDS),
    )
    gallery = Gallery(catalog, settings.images_dir)
    intake = Intake(catalog, image_store(settings, gallery))
    runs = FolderJobs(Jobs(catalog.database), new_owner(), settings.job_lease_seconds)
    asked = FolderRun(str(await run_in_threadpool(folder.absolute)), label, notice)
    options = IndexOptions(
        paths_file=settings.images_path_file,
        max_file_bytes=settings.max_file_bytes,
        batch=settings.index_batch,
        in_flight=settings.index_in_flight,
        uploads=settings.upload_dir,
    )
    try:
        job = await _begin(runs, asked)
        report = await RunAsJob(runs, job, patient=False).run(
            lambda tell: Indexer(catalog, gallery, intake, embedding, search, options, tell).run(
                folder, label, notice
            ),
            progress,
        )
        if report is None:
            raise CannotIndex("the run was cancelled.")
        return report
    finally:
        await embedding.close()
        await search.close()
        catalog.close()


async def _begin(runs: FolderJobs, asked: FolderRun) -> Job:
    """Two runs on one catalogue would do everything twice: the second one waits for its turn."""
    job = await run_in_threadpool(runs.begin, asked)
    if job is None:
        print("Waiting for the index run that is under way …", file=sys.stderr)
    while job is None:
        await asyncio.sleep(_TURN_SECONDS)
        job = await run_in_threadpool(runs.begin, asked)
    return job


def _say(console: Console, report: Report, seconds: float) -> None:
    shown = report.skipped[:_SKIPPED_SHOWN]
    for skipped in shown:
        console.print(f"Skipped {skipped.path!r}: {skipped.reason}", markup=False)
    if more := len(report.skipped) - len(shown):
        console.print(f"… and {more} more skipped", markup=False)
    console.print(
        f"{report.indexed} pictures are searchable with {report.fingerprint}: {report.added} new, "
        f"{report.changed} changed, {report.removed} removed, {len(report.skipped)} skipped; "
        f"{report.embedded} embedded in {seconds:.1f} s.",
        markup=False,
        soft_wrap=True,
    )
