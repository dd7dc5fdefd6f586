"""Disks below a root: which known files are out of reach, as the disk that they lie on isn't there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from aggregate_service.catalogue.records import Known
from aggregate_service.jobs.scan import Candidate, Scan, folders_above

_Together = tuple[str, float | None]
"""Files of one mounted folder that were there when last looked for (None), or went out of reach at once."""


@dataclass
class _Files:
    known: list[str] = field(default_factory=list)
    found: bool = False
    """One of them at least is there, as it was."""


class Disks:
    """Between what was known `before`, by mounted folder, and what a scan found there.

    A number of a device proves nothing: another disk may get it, and the same disk another one after a
    restart. The files that are found there do.
    """

    def __init__(self, scan: Scan, before: Mapping[str, str], known: Iterable[Known]) -> None:
        self._scan, self._before = scan, before
        self._now = scan.devices
        self._mounted = {*before, *(at for at, device in scan.mounts.items() if self._was(at) != device)}
        self._together: dict[_Together, _Files] = {}
        found = {candidate.path: candidate for candidate in scan.candidates}
        for file in known:
            if scan.covers(file.path) and not scan.is_unseen(file.path):
                self._sort_in(file, found.get(file.path))

    @cached_property
    def gone(self) -> set[str]:
        """Mounted folders in which none of the files is that were there: on another device than before, or
        while a disk is waited for.
        """
        doubtful = {at for at in self._mounted if self._is_other(at)} | self._waiting
        return {at for at in doubtful if not self._files(at, None).found}

    @cached_property
    def _waiting(self) -> set[str]:
        return {at for (at, lost_since), files in self._together.items() if lost_since and not files.found}

    @property
    def files_of_gone(self) -> list[str]:
        """The files that were there when those were last looked at."""
        return [path for at in self.gone for path in self._files(at, None).known]

    def hides(self, file: Known) -> bool:
        """Whether a file that wasn't found is out of reach: its disk is gone, or wasn't seen since."""
        at = self._mount_of(file.path)
        if file.unreachable:
            return not self._files(at, file.lost_since).found
        return at in self.gone

    def to_remember(self) -> dict[str, str]:
        """The device of the root, and of each mounted folder that has its own, or files out of reach."""
        kept = {
            at: device
            for at, device in self._before.items()
            if not self._scan.covers(at) or at in self.gone | self._waiting
        }
        looked = {at: device for at in kept if self._scan.covers(at) and (device := self._is(at))}
        return kept | looked | {at: self._now[at] for at in self._scan.mounts if at in self._mounted}

    def _sort_in(self, file: Known, found: Candidate | None) -> None:
        if file.lost_since is not None and not file.unreachable:
            return
        files = self._files(self._mount_of(file.path), file.lost_since)
        files.known.append(file.path)
        files.found |= found is not None and (found.size, found.mtime_ns) == (file.size, file.mtime_ns)

    def _files(self, at: str, lost_since: float | None) -> _Files:
        return self._together.setdefault((at, lost_since), _Files())

    def _mount_of(self, path: str) -> str:
        return next((at for at in folders_above(path) if at in self._mounted), "")

    def _is_other(self, at: str) -> bool:
        was, is_ = self._was(at), self._is(at)
        return self._scan.covers(at) and was is not None and (was != is_ or self._was_unmounted(at))

    def _was_unmounted(self, at: str) -> bool:
        """It had a device of its own, and has none now: whatever the numbers are."""
        above = at.rpartition("/")[0]
        return at != "" and self._was(at) != self._was(above) and self._is(at) == self._is(above)

    def _was(self, path: str) -> str | None:
        return _nearest(self._before, path)

    def _is(self, path: str) -> str | None:
        return _nearest(self._now, path)


def _nearest(devices: Mapping[str, str], path: str) -> str | None:
    """The device of a folder, or of the nearest one above it that is listed."""
    return next((devices[at] for at in (path, *folders_above(path)) if at in devices), None)
