"""What a scan has to do: of the files found and those known, which are new, changed, back, or gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Known, Place, Root
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.disks import Disks
from aggregate_service.jobs.folder_jobs import overlap
from aggregate_service.jobs.jobs import NewItem
from aggregate_service.jobs.scan import Candidate, Scan, escaped
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
    """Between a folder and what the catalogue and a collection hold of it.

    `gone`: a person says that what isn't found is no more, and on no disk that may come back.
    """

    def __init__(
        self,
        catalog: Catalog,
        store: ImageStore,
        scan: Scan,
        root: Root,
        collection: str,
        *,
        gone: bool = False,
    ) -> None:
        self._catalog, self._store = catalog, store
        self._scan, self._root, self._collection, self._gone = scan, root, collection, gone
        self._known = list(catalog.roots.all_known_files(root.id))
        self._disks = Disks(scan, catalog.roots.mounts(root.id), self._known)
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

    def unplugged(self) -> list[Place]:
        """Files of disks that aren't there any more: others may lie under the same names already."""
        return [] if self._gone else [Place(self._root.id, path) for path in self._disks.files_of_gone]

    def lost(self) -> Lost:
        """Known files that weren't found where the scan looked, or should have."""
        present = {candidate.path for candidate in self._scan.candidates}
        lost = Lost(mounts=self._disks.to_remember())
        for file in self._known:
            if file.path not in present and self._scan.covers(file.path):
                there = lost.unreachable if self._is_out_of_reach(file) else lost.missing
                there.append(Place(self._root.id, file.path))
        return lost

    def _is_out_of_reach(self, file: Known) -> bool:
        if self._scan.is_unseen(file.path):
            return True
        return not self._gone and (self._is_empty or self._disks.hides(file))

    @property
    def _is_empty(self) -> bool:
        """A root that lost every picture at once: a disk that isn't there looks like this."""
        return not self._scan.candidates and self._scan.root == self._scan.below

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
            elif row.lost_since is not None:
                back.append(Place(self._root.id, found.path))
        if new:
            self._catalog.add_unknown(new)
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


def _is_due(found: Candidate, known: Known, searchable: set[int]) -> bool:
    """Changed since it was read, never read, or without a vector."""
    changed = (known.size, known.mtime_ns) != (found.size, found.mtime_ns)
    touched = known.ctime_ns is not None and known.ctime_ns != found.ctime_ns
    return known.sha256 is None or changed or touched or known.picture_id not in searchable
