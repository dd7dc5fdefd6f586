"""The write path: a folder → catalogue rows → vectors → portable index. Repeatable at any point."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalog import Catalog, Picture
from aggregate_service.clients.embedding import Embedded, EmbeddingClient
from aggregate_service.clients.search import SearchClient, collection_name
from aggregate_service.errors import CannotIndex
from aggregate_service.gallery import Gallery
from aggregate_service.intake import Intake, Loaded
from aggregate_service.patience import patiently
from aggregate_service.portable import ADOPT, export_paths, import_paths
from aggregate_service.scanning import Scan, Skipped, scan_folder

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how many are done, how many there are."""

_BATCH_BYTES = 64_000_000


@dataclass(frozen=True)
class IndexOptions:
    paths_file: Path
    max_file_bytes: int = 20_000_000
    batch: int = 32
    in_flight: int = 4


@dataclass
class Report:
    """What a run did; `skipped` says of each file that isn't searchable why."""

    fingerprint: str
    collection: str
    indexed: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    embedded: int = 0
    skipped: list[Skipped] = field(default_factory=list)


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

    async def run(self, folder: Path, label: str | None = None, notice: str | None = None) -> Report:
        """Every step is harmless when repeated: what a killed run left undone, the next one does."""
        encoder = await self._embedding.encoder()
        report = Report(encoder.fingerprint, collection_name(encoder.fingerprint))
        import_paths(self._catalog, self._options.paths_file)
        scan = await run_in_threadpool(self._scan, folder, report)
        self._gallery.record(scan.root, label, notice)
        await self._agree_with_search(report)
        await self._take_in(scan, report)
        await self._remove_gone(scan, report)
        await self._embed_pending(scan, report)
        await self._publish(report)
        return report

    def _scan(self, folder: Path, report: Report) -> Scan:
        root = self._gallery.root_for(folder)
        scan = scan_folder(root, folder.resolve(), self._options.max_file_bytes)
        report.skipped += scan.skipped
        if not scan.candidates:  # an unmounted disk looks like this: nobody's index is thrown away for it
            raise CannotIndex(f"There are no pictures in {folder}; nothing was changed.")
        return scan

    async def _agree_with_search(self, report: Report) -> None:
        """The search service may have lost vectors, or hold some of a catalogue that is no more."""
        stored = await self._search.ids(report.collection)
        known = {picture.id for picture in self._catalog.all_pictures()}
        await self._search.delete(report.collection, sorted(stored - known))
        self._catalog.unmark_indexed(report.collection, self._catalog.indexed(report.collection) - stored)
        if self._catalog.get(ADOPT) and stored:
            await run_in_threadpool(self._intake.adopt, report.collection, stored & known)
        self._catalog.put(ADOPT, "")

    async def _take_in(self, scan: Scan, report: Report) -> None:
        taken = await run_in_threadpool(
            self._intake.take_in, scan, lambda done, total: self._progress("Scanning", done, total)
        )
        report.added, report.changed = taken.added, taken.changed
        report.skipped += taken.skipped

    async def _remove_gone(self, scan: Scan, report: Report) -> None:
        """Vector first, row last: a crash between leaves a row that the next run removes."""
        gone = await run_in_threadpool(self._intake.gone, scan)
        if not gone:
            return
        for collection in {report.collection, *self._catalog.collections()}:
            await self._search.delete(collection, gone)
        self._catalog.remove(gone)
        report.removed = len(gone)

    async def _embed_pending(self, scan: Scan, report: Report) -> None:
        done = self._catalog.indexed(report.collection)
        sizes = {candidate.path: candidate.size for candidate in scan.candidates}
        pending = [p for p in self._catalog.all_pictures() if p.id not in done and p.path in sizes]
        batches = self._batches(pending, sizes)
        finished = 0

        async def work() -> None:
            nonlocal finished
            for batch in batches:  # shared: each worker takes the next one that nobody has
                await self._index_batch(batch, report)
                finished += len(batch)
                self._progress("Embedding", finished, len(pending))

        await _all_or_none([work() for _ in range(self._options.in_flight)])

    def _batches(self, pending: Sequence[Picture], sizes: dict[str, int]) -> Iterator[list[Picture]]:
        """At most `batch` pictures and 64 MB each, so that memory doesn't grow with the folder."""
        batch: list[Picture] = []
        weight = 0
        for picture in pending:
            size = sizes[picture.path]
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
        loaded = [result for result in read if isinstance(result, Loaded)]
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
        if skipped:
            kept = {item.picture.id for item in good}
            await self._search.delete(report.collection, [p.id for p in batch if p.id not in kept])
        await run_in_threadpool(self._mark, good, report.collection)
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

    def _mark(self, good: Sequence[Loaded], collection: str) -> None:
        with self._catalog.transaction():
            for item in good:
                self._catalog.describe(item.picture.id, item.facts)
            self._catalog.mark_indexed(collection, [item.picture.id for item in good])

    async def _publish(self, report: Report) -> None:
        """The collection becomes the default one, and its portable form is written."""
        report.indexed = len(self._catalog.indexed(report.collection))
        if report.indexed == 0:
            first = report.skipped[0] if report.skipped else Skipped("", "no reason is known")
            raise CannotIndex(f"None of the pictures could be indexed: {first.path}: {first.reason}")
        await self._search.make_default(report.collection)
        await self._search.export(report.collection)
        await run_in_threadpool(export_paths, self._catalog, report.collection, self._options.paths_file)


async def _all_or_none(workers: Sequence[Coroutine[None, None, None]]) -> None:
    """Run them together; when one fails, stop the others and raise its error as it is."""
    tasks = [asyncio.ensure_future(worker) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
