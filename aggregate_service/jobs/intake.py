"""The catalogue's side of the write path: rows for what a scan found. No other service is called."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from aggregate_service.catalogue.catalog import Catalog, Facts, Picture, Place
from aggregate_service.catalogue.records import Known
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore, OutsideFolder
from aggregate_service.jobs.scan import Candidate, Scan, Skipped

_AT_ONCE = 256


@dataclass
class Taken:
    """What changed in the catalogue."""

    added: int = 0
    changed: int = 0
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Loaded:
    """A picture in memory, with what reading it told."""

    picture: Picture
    data: bytes
    facts: Facts


class Intake:
    def __init__(self, catalog: Catalog, store: ImageStore) -> None:
        self._catalog, self.store = catalog, store

    def take_in(self, scan: Scan, root_id: int, progress: Callable[[int, int], None]) -> Taken:
        """Rows for new pictures; what changed since it was read loses its facts, and so is embedded again.

        Files that people deleted from the catalogue stay out of it.
        """
        taken = Taken()
        excluded = self._catalog.roots.excluded(root_id)
        total = len(scan.candidates)
        for start in range(0, total, _AT_ONCE):
            progress(start, total)
            some = [
                found for found in scan.candidates[start : start + _AT_ONCE] if found.path not in excluded
            ]
            with self._catalog.transaction():
                self._take_in_some(some, root_id, taken)
        progress(total, total)
        return taken

    def adopt(self, collection: str, ids: Iterable[int]) -> None:
        """Take over vectors that came with an imported list: their files count as unchanged since."""
        for picture in self._catalog.pictures(ids).values():
            facts = self._facts(picture.place)
            if isinstance(facts, Facts):
                with self._catalog.transaction():
                    if self._catalog.describe(picture.id, facts) == picture.id:
                        self._catalog.mark_indexed(collection, [picture.id])

    def forget_gone(self, scan: Scan, root_id: int) -> list[int]:
        """Files that the scan would have found if they existed. The ids of pictures that went with them."""
        present = {candidate.path for candidate in scan.candidates}
        gone = [
            Place(root_id, known.path)
            for known in self._catalog.roots.all_known_files(root_id)
            if known.path not in present and not scan.may_still_exist(known.path)
        ]
        return self._catalog.roots.forget_places(gone)

    def load(self, picture: Picture) -> Loaded | Skipped:
        """A picture's bytes, to be embedded."""
        try:
            with self.store.open(picture.place) as file:
                data, facts = self.store.contents(file)
                return Loaded(picture, data, facts)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            return _skipped(picture.path, error)

    def claim(self, loaded: Sequence[Loaded]) -> list[Loaded]:
        """Write down what was read. Those to embed: without content that another row has already."""
        holders = self._catalog.describe_all([(item.picture.id, item.facts) for item in loaded])
        return [item for item, holder in zip(loaded, holders, strict=True) if holder == item.picture.id]

    def _take_in_some(self, candidates: list[Candidate], root_id: int, taken: Taken) -> None:
        rows = self._catalog.roots.known_files(root_id, [candidate.path for candidate in candidates])
        new = []
        for candidate in candidates:
            row = rows.get(candidate.path)
            place = Place(root_id, candidate.path)
            if row is None:
                if self._is_picture(place, taken.skipped):
                    new.append(place)
            elif row.sha256 is not None and _differs(row, candidate):
                taken.changed += self._note_change(place, row)
        taken.added += len(self._catalog.add(new))

    def _is_picture(self, place: Place, skipped: list[Skipped]) -> bool:
        """An id is never spent on a file that can't be a picture."""
        try:
            with self.store.open(place) as file:
                self.store.header(file)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            skipped.append(_skipped(place.path, error))
            return False
        return True

    def _note_change(self, place: Place, row: Known) -> bool:
        facts = self._facts(place)
        if isinstance(facts, Facts) and facts.sha256 == row.sha256:
            self._catalog.roots.touch(place, facts.mtime_ns)
            return False
        self._catalog.roots.changed(place, row)
        return True

    def _facts(self, place: Place) -> Facts | Skipped:
        try:
            with self.store.open(place) as file:
                return self.store.facts(file)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            return _skipped(place.path, error)


def _differs(row: Known, candidate: Candidate) -> bool:
    return (row.size, row.mtime_ns) != (candidate.size, candidate.mtime_ns)


def _skipped(path: str, error: OSError | OutsideFolder | UnreadablePicture) -> Skipped:
    match error:
        case UnreadablePicture():
            return Skipped(path, error.detail)
        case OutsideFolder():
            return Skipped(path, "it leads out of the folder")
        case _:
            return Skipped(path, f"it can't be read: {error.strerror or error}")
