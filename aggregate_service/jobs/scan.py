"""The first step of the write path: which pictures lie in a folder, which files are none, and why."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from service_kit.messages.message import message

SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jfif", ".jpe", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")
)
_LONGEST_PATH = 2_000  # a database indexes no longer ones


@dataclass(frozen=True)
class Candidate:
    """A file that has the name of a picture; `path` is relative to the root, with `/`."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Skipped:
    path: str
    reason: str


@dataclass
class Scan:
    """What lies in `below`, a folder in `root` or `root` itself."""

    root: Path
    below: Path
    candidates: list[Candidate] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    """Files and folders that couldn't be looked at: what is known of them isn't gone."""

    def __len__(self) -> int:
        """How many files were looked at."""
        return len(self.candidates) + len(self.skipped)

    def may_still_exist(self, path: str) -> bool:
        """For a path that isn't among the candidates: could it be that we just didn't see it?"""
        if not (self.root / path).is_relative_to(self.below):
            return True
        return any(unseen in ("", path) or path.startswith(f"{unseen}/") for unseen in self.unseen)


def scan_folder(root: Path, below: Path, max_file_bytes: int) -> Scan:
    """Look through `below`, a folder in `root`, at every depth; symbolic links to folders aren't followed."""
    scan = Scan(root, below)
    real_root = root.resolve()
    for file in _files(below, root, scan):
        _look_at(file, root, real_root, max_file_bytes, scan)
    scan.candidates.sort(key=lambda candidate: candidate.path)
    return scan


def _files(below: Path, root: Path, scan: Scan) -> Iterator[Path]:
    def unlisted(error: OSError) -> None:
        path = Path(error.filename).relative_to(root).as_posix()
        scan.skipped.append(Skipped(printable(path), message("folder-unlisted", error=str(error.strerror))))
        scan.unseen.append(path if path != "." else "")

    for folder, _, names in os.walk(below, onerror=unlisted):
        yield from (Path(folder, name) for name in names if Path(name).suffix.lower() in SUFFIXES)


def _look_at(file: Path, root: Path, real_root: Path, max_file_bytes: int, scan: Scan) -> None:
    path = file.relative_to(root).as_posix()
    try:
        status = file.stat()
        reason = _objection(path, file, status, real_root, max_file_bytes)
    except OSError as error:
        reason = message("file-unreadable", error=str(error.strerror))
        if not isinstance(error, FileNotFoundError):
            scan.unseen.append(path)
    if reason:
        scan.skipped.append(Skipped(printable(path), reason))
    else:
        scan.candidates.append(Candidate(path, status.st_size, status.st_mtime_ns))


def _objection(
    path: str, file: Path, status: os.stat_result, real_root: Path, max_file_bytes: int
) -> str | None:
    if not is_unicode(path):
        return message("name-not-utf-8")
    if len(path.encode()) > _LONGEST_PATH:
        return message("path-too-long", most=_LONGEST_PATH)
    if not stat.S_ISREG(status.st_mode):
        return message("not-a-file")
    if file.is_symlink() and not file.resolve().is_relative_to(real_root):
        return message("outside-folder")
    if status.st_size == 0:
        return message("file-empty")
    if status.st_size > max_file_bytes:
        return message("file-too-large", limit=f"{max_file_bytes / 1e6:g}")
    return None


def is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()
