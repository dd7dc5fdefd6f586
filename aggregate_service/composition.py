"""The composition of everything that jobs need: their rows, the ways in, and what works on them."""

from dataclasses import dataclass
from functools import partial

from starlette.concurrency import run_in_threadpool

from aggregate_service.backup.restoring import is_restored
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.config import Settings
from aggregate_service.evaluation.evaluations import Evaluations
from aggregate_service.evaluation.evaluator import Evaluator
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.uploads import content_store
from aggregate_service.improvement.improved_embedding import ImprovedEmbedding
from aggregate_service.improvement.improved_vectors import ImprovedVectors
from aggregate_service.improvement.improvements import Improvements
from aggregate_service.improvement.improver import Improver
from aggregate_service.improvement.projections import Projections
from aggregate_service.jobs.background import Background, Task
from aggregate_service.jobs.batches import Batches
from aggregate_service.jobs.comparing import Comparing
from aggregate_service.jobs.deleter import Deleter, keep_mending
from aggregate_service.jobs.describing import Describing
from aggregate_service.jobs.feeding import Feeder
from aggregate_service.jobs.first_index import FirstIndex
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.folders import Folders
from aggregate_service.jobs.housekeeping import Housekeeping
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.jobs.leases import Leases
from aggregate_service.jobs.list_items import list_opener
from aggregate_service.jobs.owners import new_owner
from aggregate_service.jobs.portable import Portable
from aggregate_service.jobs.purging import Purging
from aggregate_service.jobs.rescanning import Rescanning
from aggregate_service.jobs.scanner import Scanner, ScanOptions
from aggregate_service.jobs.schedule import Schedule
from aggregate_service.jobs.sources import intake_kinds
from aggregate_service.jobs.sources.stored import StoredPictures
from aggregate_service.jobs.watching import Watcher
from aggregate_service.jobs.worker import Worker, WorkerOptions
from aggregate_service.links.fetch import Downloader
from aggregate_service.web.search_tasks import SearchTasks
from aggregate_service.web.uploading import Uploads


@dataclass(frozen=True)
class Services:
    """The catalogue and the other two services, with the patience that long work needs."""

    catalog: Catalog
    gallery: Gallery
    store: ImageStore
    deleter: Deleter
    embedding: EmbeddingClient
    search: SearchClient
    projections: Projections


@dataclass(frozen=True)
class JobService:
    """What routes ask for, and the work beside them: `start` it on the loop, `stop` it before that ends."""

    jobs: Jobs
    folders: Folders
    contents: ContentStore
    uploads: Uploads
    tasks: SearchTasks
    evaluations: Evaluations
    improvements: Improvements
    downloader: Downloader
    background: Background
    first_index: FirstIndex

    async def start(self) -> None:
        await run_in_threadpool(self.first_index.request)
        self.background.start()

    async def stop(self) -> None:
        await self.background.stop()
        await self.tasks.close()
        await self.downloader.close()


def job_service(
    settings: Settings, services: Services, portable: Portable, served: FolderRun | None
) -> JobService:
    """`served` is the folder to index at the start, and to serve from then on."""
    path = write_path(settings, services, portable)
    jobs, contents = path.jobs, path.stored.contents
    tasks: dict[str, Task] = {
        "the scanner": path.scanner.run,
        "the worker": path.worker.run,
        "the feeder": Feeder(jobs, path.leases, list_opener(contents)).run,
        "housekeeping": Housekeeping(jobs, contents).run,
        "purging": Purging(services.catalog, jobs, settings.missing_days).run,
        "the describing of pictures": Describing(services.catalog, services.store).run,
        "the search for duplicates": Comparing(
            services.catalog, services.store, services.embedding, services.search
        ).run,
        "the improved vectors": path.improved.run,
        "the mending of deletions": partial(keep_mending, services.deleter, settings.undo_seconds),
    }
    if (schedule := Schedule.of(settings.rescan_at)) is not None:
        tasks["the schedule of scans"] = Rescanning(schedule, services.gallery, path.runs).run
    watched = [FolderRun(str(folder.resolve())) for folder in settings.watched if folder.is_dir()]
    first_index = FirstIndex(services.gallery, jobs, path.runs, served, watched, _restored(services, served))
    if settings.watched:
        tasks["the watcher"] = Watcher(
            settings.watched,
            jobs,
            path.runs,
            first_index.begin,
            services.gallery.followed,
            suffixes=services.store.limits.suffixes,
            links=settings.link_rules,
            exclusions=settings.exclusions,
        ).run
    uploads = Uploads(jobs, path.stored, settings.max_added_bytes)
    asked = [*([served] if served else []), *watched]
    folders = Folders(services.gallery, jobs, path.runs, asked, settings.folders_allowed)
    return JobService(
        jobs,
        folders,
        contents,
        uploads,
        SearchTasks(jobs),
        Evaluations(jobs, contents),
        Improvements(jobs, contents, services.projections),
        path.downloader,
        Background(tasks),
        first_index,
    )


def _restored(services: Services, served: FolderRun | None) -> list[FolderRun]:
    """Folders that a backup brought: nobody has looked yet whether their pictures are here, too."""
    if not is_restored(services.catalog):
        return []
    return [FolderRun(str(folder)) for folder in services.gallery.kept(launching=served is not None)]


@dataclass(frozen=True)
class WritePath:
    """What scans and works on jobs; `runs` is where scans are asked for."""

    jobs: Jobs
    runs: FolderJobs
    leases: Leases
    stored: StoredPictures
    downloader: Downloader
    scanner: Scanner
    worker: Worker
    improved: ImprovedVectors


def write_path(settings: Settings, services: Services, portable: Portable) -> WritePath:
    jobs, owner = Jobs(services.catalog.database), new_owner()
    leases = Leases(jobs, owner, settings.job_lease_seconds)
    runs = FolderJobs(jobs, owner, settings.job_lease_seconds)
    stored = StoredPictures(content_store(settings.bucket, settings.upload_dir), services.store.limits)
    downloader = Downloader(settings.download_limits)
    improved = ImprovedVectors(services.catalog, services.search, services.projections)
    worker = _worker(settings, services, jobs, leases, stored, downloader, improved)
    suffixes = services.store.limits.suffixes
    scanner = Scanner(
        runs,
        services.catalog,
        services.gallery,
        services.store,
        services.embedding,
        services.search,
        services.deleter,
        portable,
        ScanOptions(
            settings.max_added_bytes,
            settings.exclusions,
            settings.link_rules,
            settings.job_lease_seconds,
            suffixes,
        ),
    )
    for part in (worker, scanner):
        jobs.on_new_work(part.wake)
    return WritePath(jobs, runs, leases, stored, downloader, scanner, worker, improved)


def _worker(
    settings: Settings,
    services: Services,
    jobs: Jobs,
    leases: Leases,
    stored: StoredPictures,
    downloader: Downloader,
    improved: ImprovedVectors,
) -> Worker:
    contents, embedding, search = stored.contents, services.embedding, services.search
    answering = ImprovedEmbedding(embedding, services.projections)
    kinds = intake_kinds(
        services.catalog,
        services.store,
        stored,
        downloader,
        services.deleter,
        settings.max_added_bytes,
        Evaluator(jobs, contents, answering, search),
        Improver(jobs, contents, embedding, search, services.projections, improved),
    )
    batches = Batches(services.catalog, embedding, search, leases, improved=improved)
    options = WorkerOptions(
        batch=settings.index_batch,
        in_flight=settings.index_in_flight,
        held=max(256, 4 * settings.index_batch),
        lease_seconds=settings.job_lease_seconds,
    )
    return Worker(leases, kinds.of, batches, options)
