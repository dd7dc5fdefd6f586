"""The catalogue's side of the write path: rows for what a scan found. No other service is called."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aggregate_service.catalog import Catalog, Facts, Picture
from aggregate_service.errors import UnreadablePicture
from aggregate_service.image_store import ImageStore, OutsideFolder
from aggregate_service.scanning import Candidate, Scan, Skipped

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
        self._catalog, self._store = catalog, store

    def take_in(self, scan: Scan, progress: Callable[[int, int], None]) -> Taken:
        """Rows for new pictures; what changed since it was read loses its facts, and so is embedded again."""
        taken = Taken()
        rows = {picture.path: picture for picture in self._catalog.all_pictures()}
        total = len(scan.candidates)
        for start in range(0, total, _AT_ONCE):
            progress(start, total)
            with self._catalog.transaction():
                self._take_in_some(scan.candidates[start : start + _AT_ONCE], rows, taken)
        progress(total, total)
        return taken

    def adopt(self, collection: str, ids: Iterable[int]) -> None:
        """Take over vectors that came with an imported list: their files count as unchanged since."""
        for picture in self._catalog.pictures(ids).values():
            facts = self._facts(picture.path)
            if isinstance(facts, Facts):
                with self._catalog.transaction():
                    self._catalog.describe(picture.id, facts)
                    self._catalog.mark_indexed(collection, [picture.id])

    def gone(self, scan: Scan) -> list[int]:
        """The ids of pictures that the scan would have found if they still existed."""
        present = {candidate.path for candidate in scan.candidates}
        return [
            picture.id
            for picture in self._catalog.all_pictures()
            if picture.path not in present and not scan.may_still_exist(picture.path)
        ]

    def load(self, picture: Picture) -> Loaded | Skipped:
        """A picture's bytes, to be embedded."""
        try:
            with self._store.open(picture.path) as file:
                facts = self._store.facts(file)
                return Loaded(picture, file.read(), facts)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            return _skipped(picture.path, error)

    def _take_in_some(self, candidates: list[Candidate], rows: dict[str, Picture], taken: Taken) -> None:
        new = []
        for candidate in candidates:
            row = rows.get(candidate.path)
            if row is None:
                if self._is_picture(candidate.path, taken.skipped):
                    new.append(candidate.path)
            elif row.sha256 is not None and _differs(row, candidate):
                taken.changed += self._note_change(row)
        taken.added += len(self._catalog.add(new))

    def _is_picture(self, path: str, skipped: list[Skipped]) -> bool:
        """An id is never spent on a file that can't be a picture."""
        try:
            with self._store.open(path) as file:
                self._store.header(file)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            skipped.append(_skipped(path, error))
            return False
        return True

    def _note_change(self, row: Picture) -> bool:
        facts = self._facts(row.path)
        if isinstance(facts, Facts) and facts.sha256 == row.sha256:
            self._catalog.describe(row.id, facts)  # touched, not changed
            return False
        self._catalog.forget_facts([row.id])
        return True

    def _facts(self, path: str) -> Facts | Skipped:
        try:
            with self._store.open(path) as file:
                return self._store.facts(file)
        except (OSError, OutsideFolder, UnreadablePicture) as error:
            return _skipped(path, error)


def _differs(row: Picture, candidate: Candidate) -> bool:
    return (row.size, row.mtime_ns) != (candidate.size, candidate.mtime_ns)


def _skipped(path: str, error: OSError | OutsideFolder | UnreadablePicture) -> Skipped:
    match error:
        case UnreadablePicture():
            return Skipped(path, error.detail)
        case OutsideFolder():
            return Skipped(path, "it leads out of the folder")
        case _:
            return Skipped(path, f"it can't be read: {error.strerror or error}")
