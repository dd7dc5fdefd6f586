"""A file of a folder that came, changed or went: what the catalogue knows follows what is there."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Facts, Known, NewPicture, Place
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import StoredFile
from aggregate_service.jobs.jobs import SCANNED
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.scan import is_unicode
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.sources.files import described
from aggregate_service.jobs.sources.known_picture import KnownPictureKind
from service_kit.messages.message import message


class FolderFileKind:
    """Payload: `root`, a folder, and `path` in it; or `picture`, the id of one that lies elsewhere."""

    quick = True

    def __init__(
        self,
        catalog: Catalog,
        store: ImageStore,
        known: KnownPictureKind,
        max_file_bytes: int,
    ) -> None:
        self._catalog, self._store = catalog, store
        self._known_picture, self._max_file_bytes = known, max_file_bytes

    async def prepare(self, item: Item) -> Prepared | Outcome:
        """What is there now counts, not what was seen when it changed."""
        if "picture" in item.payload:
            return await self._known_picture.prepare(item)
        return await run_in_threadpool(self._prepare, item)

    def _prepare(self, item: Item) -> Prepared | Outcome:
        with self._catalog.database.reading():
            place = self._place(item)
            known = self._known(place)
        try:
            facts, real = self._described(place)
        except FileNotFoundError:
            self._catalog.roots.lose([place])
            return Outcome(item)
        except UnreadablePicture:
            if known is not None:  # a file, but no picture any more
                self._catalog.roots.lose([place])
            raise
        return self._follow(item, place, known, facts, real)

    def _place(self, item: Item) -> Place:
        """In the root that was scanned, also where it replaces one inside of it; else in the innermost."""
        path = Path(item.payload["root"], item.payload["path"])
        if not is_unicode(str(path)):
            raise UnreadablePicture(message("name-not-utf-8"))
        roots = self._catalog.roots.all() if SCANNED in item.params else []
        scanned = next((root for root in roots if root.path == item.payload["root"]), None)
        root = scanned or self._catalog.roots.holding(path)
        if root is None:
            raise UnreadablePicture(message("folder-not-indexed"))
        return Place(root.id, path.relative_to(root.path).as_posix())

    def _known(self, place: Place) -> Known | None:
        return self._catalog.roots.known_files(place.root_id or 0, [place.path]).get(place.path)

    def _described(self, place: Place) -> tuple[Facts, StoredFile]:
        facts, real = described(self._store, place)
        if facts.size > self._max_file_bytes:
            raise UnreadablePicture(message("file-too-large", limit=f"{self._max_file_bytes / 1e6:g}"))
        return facts, real

    def _follow(
        self, item: Item, place: Place, known: Known | None, facts: Facts, real: StoredFile
    ) -> Prepared | Outcome:
        """The picture that has the content now."""
        if known is None:
            if self._catalog.roots.is_kept_out(place, facts.sha256):
                return Outcome(item)  # deleted from the catalogue on purpose
            return Prepared(item, facts, real, NewPicture(place, facts))
        if facts.sha256 == known.sha256:
            self._catalog.roots.see(place, facts)
            return Prepared(item, facts, real, known.picture_id)
        if known.sha256 is None:  # listed, and never read until now
            return Prepared(item, facts, real, known.picture_id, new=True)
        if self._catalog.roots.is_kept_out(place, facts.sha256):
            self._catalog.roots.lose([place])
            return Outcome(item)
        picture = self._catalog.roots.replace_content(place, known, facts)
        changed = picture != known.picture_id or facts.pixels != known.pixels
        return Prepared(item, facts, real, picture, changed=changed)
