"""The write path: a folder → catalogue rows → vectors → portable index. Repeatable at any point."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import EVERYTHING, Catalog, Picture, Place
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.catalogue.records import Root
from aggregate_service.clients.embedding import Embedded, EmbeddingClient
from aggregate_service.clients.patience import patiently
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import CannotIndex
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.intake import Intake, Loaded
from aggregate_service.jobs.portable import ADOPT, export_paths, import_paths
from aggregate_service.jobs.scan import Scan, Skipped, scan_folder
from service_kit.collection_name import collection_name

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how many are done, how many there are."""

_BATCH_BYTES = 64_000_000


@dataclass(frozen=True)
class IndexOptions:
    paths_file: Path
    max_file_bytes: int = 20_000_000
    batch: int = 32
    in_flight: int = 4
    uploads: Path = Path("data/uploads")


@dataclass
class Report:
    """What a run did; `skipped` says of each file that isn't searchable why."""

    fingerprint: str
    collection: str
    indexed: int = 0
    found: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    embedded: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """What changed, as the row of its job keeps it."""
        return {
            "searchable": self.indexed,
            "added": self.added,
            "changed": self.changed,
            "removed": self.removed,
            "embedded": self.embedded,
        }


class Indexer:
    """Brings catalogue and vectors in step with a folder; one run at a time."""

    def __init__(
        self,
        catalog: Catalog,
        gallery: Gallery,
        intake: Intake,
        embedding: EmbeddingClient,
        search: SearchClient,
        options: IndexOptions,
        progress: Progress = lambda _step, _done, _total: None,
    ) -> None:
        self._catalog, self._gallery, self._intake = catalog, gallery, intake
        self._embedding, self._search = embedding, search
        self._options, self._progress = options, progress
        self._deleter = Deleter(catalog, search, intake.store, 0)

    async def run(
        self, folder: Path, label: str | None = None, notice: str | None = None, *, launched: bool = False
    ) -> Report:
        """Every step is harmless when repeated: what a killed run left undone, the next one does.

        The folder joins those that are served; one that is `launched` takes the place of the one before it.
        """
        encoder = await self._embedding.encoder()
        report = Report(encoder.fingerprint, collection_name(encoder.fingerprint))
        await run_in_threadpool(import_paths, self._catalog, self._options.paths_file, self._options.uploads)
        scan = await run_in_threadpool(self._scan, folder, report)
        root = await run_in_threadpool(self._gallery.record, scan.root, label, notice)
        await run_in_threadpool(self._catalog.use_collection, report.collection)
        await self._agree_with_search(report)
        await self._take_in(scan, root, report)
        await self._remove_gone(scan, root, launched, report)
        await self._embed_pending(scan, root, report)
        await self._deleter.purge()
        await self._publish(report)
        await run_in_threadpool(self._gallery.note_indexed, scan.below, report.collection)
        return report

    def _scan(self, folder: Path, report: Report) -> Scan:
        root = self._gallery.root_for(folder)
        scan = scan_folder(root, folder.resolve(), self._options.max_file_bytes)
        report.skipped += scan.skipped
        report.found = len(scan.candidates) + len(scan.skipped)
        if not scan.candidates:  # an unmounted disk looks like this: nobody's index is thrown away for it
            raise CannotIndex(f"There are no pictures in {folder}; nothing was changed.")
        return scan

    async def _agree_with_search(self, report: Report) -> None:
        """The search service may have lost vectors, or hold some of a catalogue that is no more."""
        stored = await self._search.ids(report.collection)
        unknown = await run_in_threadpool(self._believe, report.collection, stored)
        await self._search.delete(report.collection, unknown)
        await run_in_threadpool(self._catalog.put, ADOPT, "")

    def _believe(self, collection: str, stored: set[int]) -> list[int]:
        """Take over what is stored: what isn't is to be embedded. The ids that the catalogue doesn't know."""
        known = set(self._catalog.matching_ids(EVERYTHING))
        self._catalog.unmark_indexed(collection, self._catalog.indexed(collection) - stored)
        if self._catalog.get(ADOPT) and stored:
            self._intake.adopt(collection, stored & known)
        return sorted(stored - known)

    async def _take_in(self, scan: Scan, root: Root, report: Report) -> None:
        taken = await run_in_threadpool(
            self._intake.take_in, scan, root.id, lambda done, total: self._progress("Scanning", done, total)
        )
        report.added, report.changed = taken.added, taken.changed
        report.skipped += taken.skipped

    async def _remove_gone(self, scan: Scan, root: Root, launched: bool, report: Report) -> None:
        """Rows go with a note that their vectors are to follow: the next purge mends a crash between."""
        gone = await run_in_threadpool(self._intake.forget_gone, scan, root.id)
        if launched:
            gone += await run_in_threadpool(self._gallery.launch, root)
        await self._deleter.purge()
        report.removed = len(gone)

    async def _embed_pending(self, scan: Scan, root: Root, report: Report) -> None:
        """What the scan found and, so that they are searchable by this encoder too, what lies elsewhere."""
        lacking = await run_in_threadpool(self._catalog.pending, report.collection)
        sizes = {Place(root.id, candidate.path): candidate.size for candidate in scan.candidates}
        pending = [found for found in lacking if found.root_id != root.id or found.place in sizes]
        batches = self._batches(pending, sizes)
        finished = 0

        async def work() -> None:
            nonlocal finished
            for batch in batches:  # shared: each worker takes the next one that nobody has
                await self._index_batch(batch, report)
                finished += len(batch)
                self._progress("Embedding", finished, len(pending))

        await _all_or_none([work() for _ in range(self._options.in_flight)])

    def _batches(self, pending: Sequence[Picture], sizes: dict[Place, int]) -> Iterator[list[Picture]]:
        """At most `batch` pictures and 64 MB each, so that memory doesn't grow with the folder."""
        batch: list[Picture] = []
        weight = 0
        for picture in pending:
            size = sizes.get(picture.place) or picture.size or self._options.max_file_bytes
            if batch and (len(batch) == self._options.batch or weight + size > _BATCH_BYTES):
                yield batch
                batch, weight = [], 0
            batch.append(picture)
            weight += size
        if batch:
            yield batch

    async def _index_batch(self, batch: Sequence[Picture], report: Report) -> None:
        """Embed → upsert → mark. Pictures that fail lose the vector that an earlier content may have had."""
        read = await run_in_threadpool(lambda: [self._intake.load(picture) for picture in batch])
        loaded = await run_in_threadpool(self._intake.claim, [one for one in read if isinstance(one, Loaded)])
        skipped = [result for result in read if isinstance(result, Skipped)]
        good: list[Loaded] = []
        if loaded:
            embedded = await self._embed(loaded, report.fingerprint)
            good = [item for row, item in enumerate(loaded) if row not in embedded.errors]
            for row, error in embedded.errors.items():
                skipped.append(Skipped(loaded[row].picture.path, error.detail))
        if good:
            rows = [row for row in range(len(loaded)) if row not in embedded.errors]
            ids = [item.picture.id for item in good]
            await patiently(lambda: self._search.upsert(report.fingerprint, ids, embedded.vectors[rows]))
        marked = await run_in_threadpool(
            self._catalog.mark_indexed, report.collection, [item.picture.id for item in good]
        )
        if gone := [picture.id for picture in batch if picture.id not in marked]:
            await self._search.delete(report.collection, gone)  # unreadable, or deleted meanwhile
        report.embedded += len(good)
        report.skipped += skipped

    async def _embed(self, loaded: Sequence[Loaded], fingerprint: str) -> Embedded:
        files = [(item.picture.path, item.data) for item in loaded]
        embedded = await patiently(lambda: self._embedding.embed_images(files))
        if embedded.fingerprint not in ("", fingerprint):
            raise CannotIndex(
                f"The encoder changed from {fingerprint} to {embedded.fingerprint} meanwhile; run it again."
            )
        return embedded

    async def _publish(self, report: Report) -> None:
        """The collection becomes the default one, and its portable form is written."""
        report.indexed = len(await run_in_threadpool(self._catalog.indexed, report.collection))
        if report.indexed == 0:
            first = report.skipped[0] if report.skipped else Skipped("", "no reason is known")
            raise CannotIndex(f"None of the pictures could be indexed: {first.path}: {first.reason}")
        await self._search.make_default(report.collection)
        await self._search.export(report.collection)
        await run_in_threadpool(
            export_paths,
            self._catalog,
            report.collection,
            self._options.paths_file,
            self._gallery,
            self._options.uploads,
        )


async def _all_or_none(workers: Sequence[Coroutine[None, None, None]]) -> None:
    """Run them together; when one fails, stop the others and raise its error as it is."""
    tasks = [asyncio.ensure_future(worker) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
