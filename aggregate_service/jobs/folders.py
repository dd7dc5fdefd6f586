"""The folders that are indexed in place, as people ask for them: add one, scan it again, forget it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.catalogue.records import Root
from aggregate_service.errors import FolderFromSettings, FolderNotAllowed, NoSuchFolder, UnusableFolder
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import FOLDER, Job, Jobs
from aggregate_service.jobs.scan import escaped, is_unicode
from service_kit.messages.message import message


@dataclass(frozen=True)
class Folder:
    """`indexed` is None while it isn't known which encoder answers; `job` is the one under way."""

    root: Root
    path: Path
    pictures: int
    missing: int
    unreachable: int
    unsupported: dict[str, int]
    indexed: bool | None
    job: Job | None


class Folders:
    """`from_settings` are those that each start asks for, `allowed` those that anybody may name folders in.

    A `trusted` client may name any folder that this process can read.
    """

    def __init__(
        self,
        gallery: Gallery,
        jobs: Jobs,
        runs: FolderJobs,
        from_settings: Sequence[FolderRun],
        allowed: Sequence[Path],
    ) -> None:
        self._gallery, self._roots, self._jobs, self._runs = gallery, gallery.catalog.roots, jobs, runs
        self._from_settings = [run.path for run in from_settings]
        self._allowed = [folder.resolve() for folder in allowed]

    def all(self, collection: str | None) -> list[Folder]:
        """`collection` is the one of the encoder that answers."""
        counts, hidden = self._roots.picture_counts(), self._roots.hidden_counts()
        active = self._jobs.active(FOLDER)
        found = []
        for root in self._roots.all():
            path = self._gallery.folder(root.id)
            indexed = None if collection is None else self._gallery.is_indexed(path, collection)
            job = next((job for job in active if _folder_of(job).is_relative_to(path)), None)
            missing, unreachable = hidden.get(root.id, (0, 0))
            unsupported = self._gallery.unsupported(root.id)
            number = counts.get(root.id, 0)
            found.append(Folder(root, path, number, missing, unreachable, unsupported, indexed, job))
        return found

    def add(self, path: str, label: str | None, notice: str | None, *, trusted: bool) -> Job:
        """Queue its first scan, or another one."""
        folder = _real(path)
        self._require_allowed(folder, trusted)
        _require_readable(folder)
        return self._runs.request(FolderRun(str(folder), label, notice))

    def scan(self, folder_id: int, *, gone: bool = False, trusted: bool) -> Job:
        """`gone`: what isn't found, also on a disk that isn't there, is no more."""
        path = self._path(folder_id, trusted)
        _require_readable(path)
        return self._runs.request(FolderRun(str(path), gone=gone))

    def forget(self, folder_id: int, *, trusted: bool) -> None:
        """Pictures that lie nowhere else are missing from now on; no file is touched."""
        path = self._path(folder_id, trusted)
        if any(named.is_relative_to(path) for named in self._from_settings):
            raise FolderFromSettings(path)
        with self._gallery.catalog.transaction():
            for job in self._jobs.active(FOLDER):
                if _folder_of(job).is_relative_to(path):
                    self._jobs.cancel(job.id)
            self._gallery.forget(folder_id)

    def _path(self, folder_id: int, trusted: bool) -> Path:
        root = self._roots.get(folder_id)
        if root is None or root.forgotten:
            raise NoSuchFolder(folder_id)
        path = self._gallery.folder(folder_id)
        self._require_allowed(path, trusted)
        return path

    def _require_allowed(self, folder: Path, trusted: bool) -> None:
        """Before anything is said of the folder: whether it is there is nobody else's business."""
        if not trusted and not any(folder.is_relative_to(above) for above in self._allowed):
            raise FolderNotAllowed(folder)


def _folder_of(job: Job) -> Path:
    """That of a scan, or the one that is watched."""
    return Path(job.params.get("folder") or job.params.get("watched") or os.curdir)


def _real(path: str) -> Path:
    """Absolute, with no link in it: what lies in a folder that is allowed may lead out of it."""
    if not is_unicode(path) or "\0" in path:
        raise UnusableFolder(escaped(path), message("its-name-not-utf-8"))
    if not Path(path).is_absolute():
        raise UnusableFolder(path, message("folder-not-absolute"))
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise UnusableFolder(path, message("folder-links-nowhere")) from error


def _require_readable(folder: Path) -> None:
    if not is_unicode(str(folder)):
        raise UnusableFolder(escaped(str(folder)), message("its-name-not-utf-8"))
    if not os.path.exists(folder):  # noqa: PTH110 - Path's own raises where a folder above is closed to us
        raise UnusableFolder(folder, message("folder-not-seen"))
    if not folder.is_dir():
        raise UnusableFolder(folder, message("folder-is-file"))
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UnusableFolder(folder, message("folder-closed"))
