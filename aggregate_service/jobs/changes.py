"""What a scan has to do: of the files found and the files known, those that are new, changed or gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Known, Place, Root
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.folder_jobs import overlap
from aggregate_service.jobs.jobs import NewItem
from aggregate_service.jobs.scan import Candidate, Scan, printable
from aggregate_service.jobs.sources.files import check
from service_kit.messages.message import message

_AT_ONCE = 512


@dataclass(frozen=True)
class Chunk:
    """Items for some of the files; `unchanged` need nothing."""

    items: list[NewItem]
    unchanged: int


class Changes:
    """Between a folder and what the catalogue and a collection hold of it."""

    def __init__(self, catalog: Catalog, store: ImageStore, scan: Scan, root: Root, collection: str) -> None:
        self._catalog, self._store = catalog, store
        self._scan, self._root, self._collection = scan, root, collection
        self._excluded = catalog.roots.excluded(root.id)

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
        others = {
            root.id
            for root in self._catalog.roots.all()
            if any(overlap(Path(root.path), at) for at in scanned)
        }
        here = {candidate.path for candidate in self._scan.candidates}
        items = [
            NewItem({"name": lacking.path, "picture": lacking.id})
            for lacking in self._catalog.pending(self._collection)
            if lacking.root_id not in others
            if lacking.root_id != self._root.id or (lacking.path not in here and self._unseen(lacking.path))
        ]
        for start in range(0, len(items), _AT_ONCE):
            yield Chunk(items[start : start + _AT_ONCE], 0)

    def gone(self) -> list[Place]:
        """Files that the scan would have found if they were there."""
        present = {candidate.path for candidate in self._scan.candidates}
        return [
            Place(self._root.id, known.path)
            for known in self._catalog.roots.all_known_files(self._root.id)
            if known.path not in present and not self._unseen(known.path)
        ]

    def _unseen(self, path: str) -> bool:
        return self._scan.may_still_exist(path)

    def _chunk(self, candidates: list[Candidate]) -> Chunk:
        """New files get their rows here, so that ids rise in the order of paths."""
        known = self._catalog.roots.known_files(self._root.id, [found.path for found in candidates])
        searchable = self._catalog.searchable({row.picture_id for row in known.values()}, self._collection)
        items, new = [], []
        for found in candidates:
            if found.path in self._excluded:
                continue
            if (row := known.get(found.path)) is None:
                items.append(self._item(found, self._objection(found)))
                if items[-1].error is None:
                    new.append(Place(self._root.id, found.path))
            elif _is_due(found, row, searchable):
                items.append(self._item(found))
        if new:
            self._catalog.add(new)
        return Chunk(items, len(candidates) - len(items))

    def _item(self, found: Candidate, objection: str | None = None) -> NewItem:
        payload = {"name": printable(found.path), "root": self._root.path, "path": found.path}
        return NewItem(payload, 422 if objection else 0, objection)

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
    return known.sha256 is None or changed or known.picture_id not in searchable
