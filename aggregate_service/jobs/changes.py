"""What a scan has to do: of the files found and those known, which are new, changed, back, or gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Known, Place, Root
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.folder_jobs import overlap
from aggregate_service.jobs.jobs import NewItem
from aggregate_service.jobs.scan import Candidate, Scan, escaped, folders_above, inside
from aggregate_service.jobs.sources.files import check, content_of
from service_kit.messages.message import message

_AT_ONCE = 512


@dataclass(frozen=True)
class Chunk:
    """Items for some of the files; `unchanged` need nothing."""

    items: list[NewItem]
    unchanged: int


@dataclass
class Lost:
    """Known files that the scan didn't find: it looked, or it couldn't."""

    missing: list[Place] = field(default_factory=list)
    unreachable: list[Place] = field(default_factory=list)
    mounts: dict[str, str] = field(default_factory=dict)
    """To be remembered: on which devices the root and folders of it are."""


class Changes:
    """Between a folder and what the catalogue and a collection hold of it."""

    def __init__(self, catalog: Catalog, store: ImageStore, scan: Scan, root: Root, collection: str) -> None:
        self._catalog, self._store = catalog, store
        self._scan, self._root, self._collection = scan, root, collection
        self._excluded = catalog.roots.excluded(root.id)
        self._kept_out = catalog.roots.kept_out_sizes()

    def files(self) -> Iterator[Chunk]:
        """The files of the scan, in the order of their paths; what can't be a picture has failed already."""
        skipped = [NewItem({"name": found.path}, 422, found.reason) for found in self._scan.skipped]
        if skipped:
            yield Chunk(skipped, 0)
        candidates = self._scan.candidates
        for start in range(0, len(candidates), _AT_ONCE):
            yield self._chunk(candidates[start : start + _AT_ONCE])

    def elsewhere(self, scanned: Sequence[Path]) -> Iterator[Chunk]:
        """Pictures outside of what is scanned, here and by others, that the collection lacks.

        The encoder changed: they follow to its collection.
        """
        roots = self._catalog.roots.all()
        others = {root.id for root in roots if any(overlap(Path(root.path), at) for at in scanned)}
        here = {candidate.path for candidate in self._scan.candidates}
        items = [
            NewItem({"name": lacking.path, "picture": lacking.id})
            for lacking in self._catalog.pending(self._collection)
            if lacking.root_id not in others
            if lacking.root_id != self._root.id
            or (lacking.path not in here and not self._scan.covers(lacking.path))
        ]
        for start in range(0, len(items), _AT_ONCE):
            yield Chunk(items[start : start + _AT_ONCE], 0)

    def lost(self) -> Lost:
        """Known files that weren't found where the scan looked, or should have."""
        present = {candidate.path for candidate in self._scan.candidates}
        known, absent = set[str](), list[str]()
        for file in self._catalog.roots.all_known_files(self._root.id):
            (known.add if file.path in present else absent.append)(file.path)
        elsewhere = self._other_devices(known)
        lost = Lost(mounts=self._mounts(elsewhere))
        for path in absent:
            if not self._scan.covers(path):
                continue
            hidden = self._scan.is_unseen(path) or self._is_empty or any(inside(at, path) for at in elsewhere)
            (lost.unreachable if hidden else lost.missing).append(Place(self._root.id, path))
        return lost

    @property
    def _is_empty(self) -> bool:
        """A root that lost every picture at once: a disk that isn't there looks like this."""
        return not self._scan.candidates and self._scan.root == self._scan.below

    def _other_devices(self, known: set[str]) -> list[str]:
        """Folders on another device than before in which no known file was found: something isn't mounted.

        A device that only got another number, as after a restart, holds the files that are known.
        """
        before, now = self._catalog.roots.mounts(self._root.id), self._scan.devices
        places = {*before, *self._scan.mounts}
        return [
            path
            for path in places
            if self._scan.covers(path) and _device(before, path) not in (None, _nearest(now, path))
            if not any(inside(path, file) for file in known)
        ]

    def _mounts(self, elsewhere: Sequence[str]) -> dict[str, str]:
        """Where something isn't mounted, what was there before is remembered."""
        before = self._catalog.roots.mounts(self._root.id)
        kept = {at: device for at, device in before.items() if at in elsewhere or not self._scan.covers(at)}
        seen = {at: device for at, device in self._scan.mounts.items() if at not in elsewhere}
        return kept | {at: device for at, device in seen.items() if self._scan.covers(at)}

    def _chunk(self, candidates: list[Candidate]) -> Chunk:
        """New files get their rows here, so that ids rise in the order of paths."""
        known = self._catalog.roots.known_files(self._root.id, [found.path for found in candidates])
        searchable = self._catalog.searchable({row.picture_id for row in known.values()}, self._collection)
        items, new, back = [], [], []
        for found in candidates:
            row = known.get(found.path)
            if row is None:
                if self._is_kept_out(found):
                    continue
                items.append(self._item(found, self._objection(found)))
                if items[-1].error is None:
                    new.append(Place(self._root.id, found.path))
            elif _is_due(found, row, searchable):
                items.append(self._item(found))
            elif row.lost:
                back.append(Place(self._root.id, found.path))
        if new:
            self._catalog.add(new)
        if back:
            self._catalog.roots.find(back)
        return Chunk(items, len(candidates) - len(items))

    def _item(self, found: Candidate, objection: str | None = None) -> NewItem:
        payload = {"name": escaped(found.path), "root": self._root.path, "path": found.path}
        return NewItem(payload, 422 if objection else 0, objection)

    def _is_kept_out(self, found: Candidate) -> bool:
        """Deleted by somebody, by its content; read only where the size is that of such a content."""
        place = Place(self._root.id, found.path)
        listed = found.path in self._excluded
        if not listed and found.size not in self._kept_out:
            return False
        try:
            sha256 = content_of(self._store, place)
        except (OSError, UnreadablePicture):
            return listed
        if listed:
            self._catalog.roots.keep_out(place, sha256, found.size)
            self._kept_out.add(found.size)
        return listed or self._catalog.roots.is_kept_out(place, sha256)

    def _objection(self, found: Candidate) -> str | None:
        """An id is never spent on a file that can't be a picture."""
        try:
            check(self._store, Place(self._root.id, found.path))
        except UnreadablePicture as error:
            return error.detail
        except FileNotFoundError:
            return message("file-gone")
        return None


def _device(mounts: dict[str, str], path: str) -> str | None:
    """The device that a folder was on: that of the nearest mount above it, or its own."""
    return next((mounts[at] for at in (path, *folders_above(path)) if at in mounts), None)


def _nearest(devices: dict[str, str], path: str) -> str | None:
    """The device of a folder, or of the nearest one above it that is there."""
    return next((devices[at] for at in (path, *folders_above(path)) if at in devices), None)


def _is_due(found: Candidate, known: Known, searchable: set[int]) -> bool:
    """Changed since it was read, never read, or without a vector."""
    changed = (known.size, known.mtime_ns) != (found.size, found.mtime_ns)
    touched = known.ctime_ns is not None and known.ctime_ns != found.ctime_ns
    return known.sha256 is None or changed or touched or known.picture_id not in searchable
