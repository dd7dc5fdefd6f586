"""A backup into an empty installation, by its service, at its start: vectors, pictures, and in the end the
catalogue. A start that ends in the middle is made good by the next one."""

import asyncio
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, insert, select
from starlette.concurrency import run_in_threadpool

from aggregate_service.backup.archive import CATALOGUE, LISTS, Backup, sha256_of
from aggregate_service.bundle.api import MoveError
from aggregate_service.bundle.bundle import Bundle
from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.copying import fill_empty, is_empty
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.tables import settings as settings_table
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import CannotRestore, ServiceDown, ServiceRefused
from aggregate_service.files.content_store import ContentStore
from service_kit.messages.message import message

log = logging.getLogger("aggregate.restoring")
_MARK = "restored_from"
_STORED = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.\w+", re.ASCII)
_LIST = re.compile(r"[0-9a-f]{32}\.\w+", re.ASCII)
_TRIES, _PAUSE_SECONDS = 300, 1.0


def is_restored(catalog: Catalog) -> bool:
    """Whether it began with a backup."""
    return catalog.get(_MARK) is not None


@dataclass(frozen=True)
class Restoring:
    """Where to: an empty catalogue, the store of pictures, the search service."""

    database: Database
    contents: ContentStore
    search: SearchClient
    pause: float = _PAUSE_SECONDS

    async def run(self, file: Path) -> bool:
        """False when this backup was restored here before. `CannotRestore` says what is in the way."""
        with _reasons(file), Backup(file) as backup:
            if await run_in_threadpool(self._restored_already, backup):
                return False
            log.info("restoring %s: %d pictures", file, backup.manifest.pictures)
            self.search.write_for(lambda: backup.manifest.catalogue)
            for bundle in backup.bundles():
                await self._send(bundle)
            await run_in_threadpool(self._files, backup)
            await run_in_threadpool(self._catalogue, backup)
            if backup.manifest.default in backup.manifest.collections:
                await self.search.make_default(backup.manifest.default)
        log.info("%s is restored", file)
        return True

    def _restored_already(self, backup: Backup) -> bool:
        mark = select(settings_table.c.value).where(settings_table.c.name == _MARK)
        with self.database.transaction() as db:
            if db.scalar(mark) == backup.manifest.id:
                return True
            if not is_empty(db):
                raise CannotRestore(message("restore-not-empty", file=str(backup.path)))
        return False

    async def _send(self, bundle: Bundle) -> None:
        """What a start before this one has sent may be there, and nothing else."""
        name = bundle.manifest.collection
        stored = await self._patiently(name)
        for ids, vectors in bundle.parts():
            stored -= set(ids.tolist())
            await self.search.upsert(bundle.manifest.encoder, ids.tolist(), vectors)
        if stored:
            raise CannotRestore(message("restore-other-vectors", collection=name, count=len(stored)))
        log.info("%s: %d vectors", name, bundle.manifest.count)

    async def _patiently(self, collection: str) -> set[int]:
        """The ids that are there, once the search service answers: it may be starting, too."""
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self.search.ids(collection)
            except (ServiceDown, ServiceRefused) as problem:
                if not tries_left or problem.status != 503:
                    raise
                log.info("waiting: %s", problem.detail)
            await asyncio.sleep(self.pause)
        return set()

    def _files(self, backup: Backup) -> None:
        for place in backup.uploads():
            if not _STORED.fullmatch(place):
                raise MoveError(f"{backup.path}: {place} is no name of a picture")
            if not self.contents.locate(place).is_file():
                path = self._aside(backup.read_upload(place))
                self.contents.keep(path, sha256_of(place), PurePosixPath(place).suffix)
        for name in backup.lists():
            if not _LIST.fullmatch(name):
                raise MoveError(f"{backup.path}: {name} is no name of a list")
            self.contents.keep_list(self._aside(backup.read_file(f"{LISTS}{name}")), name)

    def _catalogue(self, backup: Backup) -> None:
        path = self._aside(backup.read_file(CATALOGUE))
        try:
            if not fill_empty(self.database, path, lambda db: _mark(db, backup.manifest.id)):
                self._restored_already(backup)  # another process was faster, or it isn't empty
        finally:
            self.contents.drop_scratch(path)

    def _aside(self, parts: Iterable[bytes]) -> Path:
        """A file that is whole, and is what it should be."""
        aside = self.contents.aside()
        try:
            for part in parts:
                aside.write(part)
            aside.finish()
        except BaseException:
            aside.discard()
            raise
        return aside.path


def _mark(db: Connection, backup: str) -> None:
    db.execute(insert(settings_table).values(name=_MARK, value=backup))


@contextmanager
def _reasons(file: Path) -> Iterator[None]:
    try:
        yield
    except (MoveError, OSError) as error:
        raise CannotRestore(message("restore-file-unusable", file=str(file), reason=str(error))) from error
