"""A backup of a running service: the catalogue of one moment, then what belongs to it, while all goes on."""

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import numpy as np
from sqlalchemy import select
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool

from aggregate_service.backup.archive import CATALOGUE, LISTS, BackupManifest, BackupWriter
from aggregate_service.bundle.bundle import Manifest
from aggregate_service.bundle.transfer import rows_in_part
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.copying import write_copy
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.pictures import batched
from aggregate_service.catalogue.records import Place
from aggregate_service.catalogue.tables import deleted, job_items, places
from aggregate_service.clients.search import Collection, SearchClient
from aggregate_service.errors import NotIndexed
from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.jobs import LEASED, WAITING, Jobs

_PAGE = 10_000
_LAST = "last_backup"


@dataclass(frozen=True)
class Backups:
    """What a backup is made of. Nothing is locked: what is deleted for good meanwhile is left out."""

    catalog: Catalog
    contents: ContentStore
    search: SearchClient
    version: str

    async def begin(self) -> AsyncIterator[bytes]:
        """The file, part by part; a `Problem` comes before the first."""
        collections = await self.search.collections()
        preferred = await self.search.default_collection()
        taken = await run_in_threadpool(self._snapshot)
        taken.writer.manifest.default = preferred.name if preferred else None
        return self._parts(taken, collections)

    def _snapshot(self) -> "Snapshot":
        file = self.contents.scratch()
        write_copy(self.catalog.database, file)
        catalog = Catalog(Database(sqlite_url(file)))
        manifest = BackupManifest(
            uuid4().hex, catalog.identity(), self.version, time.time(), pictures=catalog.count()
        )
        return Snapshot(file, self.contents, catalog, BackupWriter(manifest))

    async def _parts(self, taken: "Snapshot", there: dict[str, Collection]) -> AsyncIterator[bytes]:
        try:
            for name in await run_in_threadpool(taken.catalog.collections):
                if name in there:
                    async for part in self._vectors(taken, there[name]):
                        yield part
                else:
                    await run_in_threadpool(taken.forget_vectors, name)
            async for part in iterate_in_threadpool(self._files(taken)):
                yield part
            await run_in_threadpool(self.catalog.put, _LAST, str(time.time()))
        finally:
            await run_in_threadpool(taken.discard)

    async def _vectors(self, taken: "Snapshot", collection: Collection) -> AsyncIterator[bytes]:
        """Those that the catalogue of that moment counts on."""
        about = Manifest(
            collection.name, collection.encoder, collection.dimension, taken.writer.manifest.catalogue
        )
        bundle = taken.writer.bundle(about)
        marked = sorted(await run_in_threadpool(taken.catalog.indexed, collection.name))
        for some in batched(marked, rows_in_part(collection.dimension)):
            found = {}
            with suppress(NotIndexed):  # the collection was dropped meanwhile
                found = await self.search.vectors(collection.encoder, some)
            if found:
                ids = sorted(found)
                bundle.add(np.array(ids, np.int64), np.stack([found[id_] for id_ in ids]))
            taken.lacking |= set(some) - found.keys()
            await run_in_threadpool(taken.catalog.unmark_indexed, collection.name, set(some) - found.keys())
            yield taken.writer.take()
        bundle.finish()

    def _files(self, taken: "Snapshot") -> Iterator[bytes]:
        for place, picture_id in taken.stored():
            try:
                file = self.contents.locate(place).open("rb")
            except OSError:
                taken.lacking |= {picture_id} - {None}
                continue
            with file:
                yield from taken.writer.upload(place, file)
        for name in sorted(Jobs(taken.catalog.database).lists_in_use()):
            with suppress(FileNotFoundError), self.contents.list_path(name).open("rb") as file:
                yield from taken.writer.file(f"{LISTS}{name}", file)
        taken.leave_out_deleted(self.catalog)
        with taken.file.open("rb") as file:
            yield from taken.writer.file(CATALOGUE, file)
        yield taken.writer.finish()


def last_backup(catalog: Catalog) -> float:
    """When the last one was sent whole, in seconds since 1970; 0 when none was."""
    return float(catalog.get(_LAST) or 0)


@dataclass
class Snapshot:
    """The catalogue of one moment, in a file of its own, and the backup that is made of it.

    `lacking` has the pictures of which a vector or the file wasn't found any more.
    """

    file: Path
    contents: ContentStore
    catalog: Catalog
    writer: BackupWriter
    lacking: set[int | None] = field(default_factory=set)

    def stored(self) -> Iterator[tuple[str, int | None]]:
        """Every file of ours that a picture, a deletion that can be undone, or an item to come needs."""
        yield from self._stored_places()
        for path in sorted(self._needed_later()):
            if self.catalog.by_place(Place(None, path)) is None:
                yield path, None

    def _stored_places(self) -> Iterator[tuple[str, int]]:
        """A page at a time: no transaction may be left open between two parts."""
        mine = select(places.c.place, places.c.path, places.c.picture_id).where(
            places.c.root_id.is_(None), places.c.path.is_not(None)
        )
        after = ""
        while True:
            with self.catalog.database.reading() as db:
                page = db.execute(
                    mine.where(places.c.place > after).order_by(places.c.place).limit(_PAGE)
                ).all()
            if not page:
                return
            yield from ((row.path, row.picture_id) for row in page)
            after = page[-1].place

    def _needed_later(self) -> set[str]:
        with self.catalog.database.reading() as db:
            open_items = select(job_items.c.payload).where(job_items.c.state.in_((WAITING, LEASED)))
            waiting = {json.loads(payload).get("place") for payload in db.scalars(open_items)}
            undoable = select(deleted.c.content).where(deleted.c.content.is_not(None))
            kept = [json.loads(content)["places"] for content in db.scalars(undoable)]
        return waiting - {None} | {path for each in kept for root, path in each if root is None}

    def forget_vectors(self, collection: str) -> None:
        """They are embedded again by the first scan after the restore."""
        self.catalog.unmark_indexed(collection, self.catalog.indexed(collection))

    def leave_out_deleted(self, live: Catalog) -> None:
        """Of what wasn't found, the pictures that were deleted since; then the file is closed, and whole."""
        lacking = {id_ for id_ in self.lacking if id_ is not None}
        self.catalog.remove(lacking - live.pictures(lacking).keys())
        self.writer.manifest.pictures = self.catalog.count()
        self.catalog.close()
        log = self.file.with_name(f"{self.file.name}-wal")
        if log.is_file() and log.stat().st_size:
            raise OSError(f"{log} wasn't taken into the copy of the catalogue")

    def discard(self) -> None:
        self.catalog.close()
        self.contents.drop_scratch(self.file)
