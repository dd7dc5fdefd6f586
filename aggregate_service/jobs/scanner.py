"""Scans: a folder is looked through, and what is new or changed becomes the items of the scan's job."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from time import time

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.catalogue.records import Root
from aggregate_service.clients.embedding import EmbeddingClient, Encoder
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import CannotIndex
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.links import LinkRules
from aggregate_service.jobs.changes import Changes, Chunk
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.exclusions import Exclusions
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun, ScanResult, folder_run
from aggregate_service.jobs.jobs import Job
from aggregate_service.jobs.patience import Abandoned, Patience, steadily
from aggregate_service.jobs.portable import Portable
from aggregate_service.jobs.scan import Scan, Skipped, scan_folder
from aggregate_service.jobs.vectors_stored import StoredVectors
from picture_files.formats import SUFFIXES
from service_kit.collection_name import collection_name
from service_kit.messages.message import message
from service_kit.problems import Problem

log = logging.getLogger("aggregate.folders")
_UNEXPECTED = message("job-failed-inside")
_FINISH_SECONDS = 0.1  # between two looks whether a scan's items have ended


@dataclass(frozen=True)
class ScanOptions:
    max_file_bytes: int = 50_000_000
    exclusions: Exclusions = field(default_factory=Exclusions)
    links: LinkRules = field(default_factory=LinkRules)
    lease_seconds: float = 20.0
    suffixes: frozenset[str] = SUFFIXES
    poll_seconds: float = 1.0


class Scanner:
    """Scans the folders that are asked for, one after the other; runs until it is cancelled.

    A scan adds items, and another part takes them in; when all have ended, the scan is finished here.
    Every step may be repeated: a scan whose process died begins anew, and finds done what was done.
    """

    def __init__(
        self,
        rows: FolderJobs,
        catalog: Catalog,
        gallery: Gallery,
        store: ImageStore,
        embedding: EmbeddingClient,
        search: SearchClient,
        deleter: Deleter,
        portable: Portable,
        options: ScanOptions,
    ) -> None:
        self._rows, self._catalog, self._gallery, self._store = rows, catalog, gallery, store
        self._embedding, self._search, self._deleter = embedding, search, deleter
        self._portable, self._options = portable, options
        self._stored = StoredVectors(catalog, search)
        self._asked = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """There is something to scan; called from any thread, before and after this runs too."""
        if (loop := self._loop) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._asked.set)

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        while True:
            self._asked.clear()
            if (ended := await steadily(self._rows.to_finish)) is not None:
                job, result = ended
                await self._held(job, partial(self._finish, job, result))
            elif (asked := await steadily(self._rows.claim)) is not None:
                await self._held(asked, partial(self._scan, asked))
            else:
                await self._rest()

    async def _rest(self) -> None:
        waits = _FINISH_SECONDS if await steadily(self._rows.fed) else self._options.poll_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(waits):
                await self._asked.wait()

    async def _held(self, job: Job, work: Callable[[], Awaitable[None]]) -> None:
        """Work on a scan, kept by signs of life until its end, whatever that is."""
        keeping = asyncio.create_task(self._keep(job))
        try:
            await work()
        except Abandoned:
            log.info("the scan of %s was cancelled", folder_run(job).folder)
        except Problem as problem:
            log.warning("%s wasn't indexed: %s", folder_run(job).folder, problem.detail)
            await steadily(partial(self._rows.fail, job.id, problem.status, problem.detail))
        except Exception:  # the last line of defence: the next start would stumble over it again
            log.exception("the scan of %s failed unexpectedly", folder_run(job).folder)
            if not await steadily(partial(self._rows.try_again, job.id)):
                await steadily(partial(self._rows.fail, job.id, 500, _UNEXPECTED))
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await asyncio.shield(steadily(partial(self._rows.let_go, job.id)))

    async def _keep(self, job: Job) -> None:
        while True:
            await asyncio.sleep(self._options.lease_seconds / 4)
            await steadily(partial(self._rows.keep, job.id))

    async def _scan(self, job: Job) -> None:
        """Look → agree with the search service → items → what is gone."""
        began, run, patiently = time(), folder_run(job), self._patience(job)
        encoder = await patiently(self._embedding.encoder)
        collection = collection_name(encoder.fingerprint)
        await patiently(partial(run_in_threadpool, self._portable.import_into_empty))
        scan, root = await run_in_threadpool(self._look, run)
        await steadily(partial(self._note, scan, root))
        await patiently(partial(self._stored.agree, collection))
        changes = await run_in_threadpool(
            partial(Changes, self._catalog, self._store, scan, root, collection, gone=run.gone)
        )
        await steadily(partial(self._catalog.roots.lose, changes.unplugged(), unreachable=True))
        await self._feed(job, changes, len(scan))
        unreachable = await self._lose(changes, root, run)
        await patiently(self._deleter.purge)
        result = ScanResult(
            encoder.fingerprint,
            collection,
            began,
            unreachable,
            len(scan.left_out),
            dict(scan.unsupported),
            len(scan.followed),
        )
        await steadily(partial(self._rows.scanned, job.id, result))

    def _look(self, run: FolderRun) -> tuple[Scan, Root]:
        above = self._gallery.root_for(run.path)
        options = self._options
        rules = (options.exclusions, options.links, options.suffixes)
        below = run.path.resolve()
        roots = self._gallery.kept(launching=run.launched)
        apart = frozenset(root for root in roots if root != above and root.is_relative_to(below))
        scan = scan_folder(above, below, options.max_file_bytes, *rules, apart)
        for root in apart:
            self._rows.request(FolderRun(str(root), gone=run.gone))
        if not scan.candidates and not apart:
            if self._catalog.roots.holding(scan.below) is None:
                raise CannotIndex(message("folder-empty", folder=str(run.path)))
            if scan.below == scan.root and not scan.skipped:
                scan.skipped.append(Skipped(str(run.path), message("folder-emptied")))
        return scan, self._gallery.record(scan.root, run.label, run.notice)

    def _note(self, scan: Scan, root: Root) -> None:
        """What a watch has to know of links, and people of what isn't read."""
        before = self._gallery.followed(scan.root)
        elsewhere = {link: to for link, to in before.items() if not scan.covers(link)}
        self._gallery.note_followed(root, elsewhere | scan.followed)
        if scan.below == scan.root:
            self._gallery.note_unsupported(root, scan.unsupported)

    async def _feed(self, job: Job, changes: Changes, files: int) -> None:
        others = await steadily(partial(self._rows.others, job.id))
        elsewhere = await run_in_threadpool(lambda: list(changes.elsewhere(others)))
        total = files + sum(len(chunk.items) for chunk in elsewhere)
        await steadily(partial(self._rows.count, job.id, total))
        first = 0
        for chunks in (changes.files(), iter(elsewhere)):
            while (chunk := await steadily(partial(_next, chunks))) is not None:
                if not await steadily(partial(self._rows.feed, job.id, first, chunk.items, chunk.unchanged)):
                    raise Abandoned
                first += len(chunk.items)

    async def _lose(self, changes: Changes, root: Root, run: FolderRun) -> int:
        """What isn't there is hidden, and kept for the day that it comes back."""
        lost = await run_in_threadpool(changes.lost)
        await steadily(partial(self._catalog.roots.lose, lost.missing))
        await steadily(partial(self._catalog.roots.lose, lost.unreachable, unreachable=True))
        await steadily(partial(self._catalog.roots.note_mounts, root.id, lost.mounts))
        if run.launched:
            await steadily(partial(self._gallery.launch, root))
        return len(lost.unreachable)

    async def _finish(self, job: Job, result: ScanResult) -> None:
        """The collection becomes the default one, its portable form is written, and the job is done."""
        patiently = self._patience(job)
        encoder: Encoder = await patiently(self._embedding.encoder)
        if encoder.fingerprint != result.fingerprint:
            await steadily(partial(self._rows.again, job.id))
            return
        await patiently(self._deleter.purge)
        searchable = await steadily(partial(self._catalog.searchable_count, result.collection))
        if searchable:
            await patiently(partial(self._search.make_default, result.collection))
            await patiently(partial(self._search.export, result.collection))
            await patiently(partial(run_in_threadpool, self._portable.export, result.collection))
            folder = folder_run(job).path
            await steadily(partial(self._gallery.note_indexed, folder.resolve(), result.collection))
        removed = await steadily(partial(self._catalog.count_missing_since, result.began))
        await steadily(partial(self._rows.finish, job.id, result, searchable, removed))

    def _patience(self, job: Job) -> Patience:
        async def wanted() -> bool:
            return await steadily(partial(self._rows.keep, job.id))

        probes = (self._embedding.encoder, self._search.collections)
        return Patience(partial(self._rows.say_waiting, job.id), wanted, probes)


def _next(chunks: Iterator[Chunk]) -> Chunk | None:
    return next(chunks, None)
