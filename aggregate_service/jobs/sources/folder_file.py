"""A file of a watched folder that came, changed or went: what the catalogue knows follows what is there."""

import logging
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Facts, Known, NewPicture, Place
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.scan import is_unicode
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.sources.files import described
from service_kit.problems import Problem

log = logging.getLogger("aggregate.folders")


class FolderFileKind:
    """Payload: `root`, the watched folder, and `path` in it."""

    def __init__(self, catalog: Catalog, store: ImageStore, deleter: Deleter, max_file_bytes: int) -> None:
        self._catalog, self._store, self._deleter = catalog, store, deleter
        self._max_file_bytes = max_file_bytes

    async def prepare(self, item: Item) -> Prepared | Outcome:
        """What is there now counts, not what was seen when it changed."""
        prepared = await run_in_threadpool(self._prepare, item)
        if prepared is None:
            await self._forget_vectors()
            return Outcome(item)
        return prepared

    def _prepare(self, item: Item) -> Prepared | Outcome | None:
        """None for a file that is gone."""
        path = Path(item.payload["root"], item.payload["path"])
        place = self._place(path)
        if not path.is_file():
            self._catalog.roots.forget_places([place])
            return None
        known = self._catalog.roots.known_files(place.root_id or 0, [place.path]).get(place.path)
        facts, real = described(self._store, place)
        if facts.size > self._max_file_bytes:
            raise UnreadablePicture(f"The file is larger than {self._max_file_bytes / 1e6:g} MB.")
        if known is None:
            return self._new(item, place, facts, real)
        return Prepared(item, facts, real, self._followed(place, known, facts))

    def _place(self, path: Path) -> Place:
        if not is_unicode(str(path)):
            raise UnreadablePicture("Its name isn't valid UTF-8; rename it.")
        root = self._catalog.roots.holding(path)
        if root is None:
            raise UnreadablePicture("Its folder isn't indexed any more.")
        return Place(root.id, path.relative_to(root.path).as_posix())

    def _new(self, item: Item, place: Place, facts: Facts, real: Path) -> Prepared | Outcome:
        if place.path in self._catalog.roots.excluded(place.root_id or 0):
            return Outcome(item)  # deleted from the catalogue on purpose
        return Prepared(item, facts, real, NewPicture(place, facts))

    def _followed(self, place: Place, known: Known, facts: Facts) -> int:
        """The id of the picture that has the content now."""
        if facts.sha256 == known.sha256:
            self._catalog.roots.touch(place, facts.mtime_ns)
            return known.picture_id
        return self._catalog.describe(self._catalog.roots.changed(place, known), facts)

    async def _forget_vectors(self) -> None:
        """At once if that can be; what can't be deleted now is deleted when the catalogue is next mended."""
        try:
            await self._deleter.purge()
        except Problem as problem:
            log.warning("vectors of files that are gone stay for now: %s", problem.detail)
