"""The first step of a scan: which pictures lie in a folder, which files are none, what wasn't seen."""

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aggregate_service.files.links import LinkRules
from aggregate_service.jobs.exclusions import Exclusions, FolderRules
from picture_files.formats import SUFFIXES, with_suffix
from service_kit.messages.message import message

_OTHERS = {".svg": "SVG", ".psd": "PSD", ".jxl": "JPEG XL"}  # pictures that nothing here reads
VIDEOS = frozenset((".mp4", ".mov", ".avi", ".mkv", ".webm", ".mts", ".3gp", ".m4v"))
_SYSTEM = frozenset(map(Path, ("/proc", "/sys", "/dev")))  # what the kernel makes up
_LONGEST_PATH = 2_000  # a database indexes no longer ones


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that has the name of a picture; `path` is relative to the root, with `/`."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int | None = None


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
    """Files and folders that couldn't be looked at: what is known of them may be there."""
    devices: dict[str, str] = field(default_factory=dict)
    """Of each folder that was seen, by its path, the device that it is on; `""` is the root.

    Its number, and what the file system calls itself: sticks that take turns in one socket share the number.
    """
    left_out: list[str] = field(default_factory=list)
    """Files and folders that a rule leaves out, and links to folders that aren't followed."""
    followed: dict[str, Path] = field(default_factory=dict)
    """Links to folders elsewhere that were looked through, and the real folders."""
    unsupported: Counter[str] = field(default_factory=Counter)
    """How many files of formats that can't be read here, by their names, and how many videos."""

    def __len__(self) -> int:
        """How many files were looked at."""
        return len(self.candidates) + len(self.skipped)

    def path_of(self, file: Path) -> str:
        path = file.relative_to(self.root).as_posix()
        return "" if path == "." else path

    def covers(self, path: str) -> bool:
        """Whether the scan looked where this file is, or was to."""
        return (self.root / path).is_relative_to(self.below)

    def is_unseen(self, path: str) -> bool:
        """Nobody could look: it may be there."""
        return any(unseen in ("", path) or path.startswith(f"{unseen}/") for unseen in self.unseen)

    @property
    def mounts(self) -> dict[str, str]:
        """The device of the root, and of each folder that is on another one than the folder above it."""
        return {
            path: device
            for path, device in self.devices.items()
            if path == "" or self.devices.get(path.rpartition("/")[0]) != device
        }


def scan_folder(
    root: Path,
    below: Path,
    max_file_bytes: int,
    exclusions: Exclusions | None = None,
    links: LinkRules | None = None,
    suffixes: frozenset[str] = SUFFIXES,
    apart: frozenset[Path] = frozenset(),
) -> Scan:
    """Look through `below`, a folder in `root`, at every depth, and then through what links lead to.

    `apart` are folders that are roots of their own: what lies in them is theirs.
    """
    scan = Scan(root, below)
    rules = FolderRules(root, exclusions or Exclusions())
    if (left_out := rules.left_out_on_the_way(scan.path_of(below))) is not None:
        scan.left_out.append(escaped(left_out))
        return scan
    walk = _Walk(scan, rules, links or LinkRules(), root.resolve(), max_file_bytes, suffixes, apart)
    walk.into(below)
    walk.into_links()
    scan.candidates.sort(key=lambda candidate: candidate.path)
    return scan


class _Walk:
    def __init__(
        self,
        scan: Scan,
        rules: FolderRules,
        links: LinkRules,
        real_root: Path,
        max_file_bytes: int,
        suffixes: frozenset[str],
        apart: frozenset[Path],
    ) -> None:
        self._scan, self._rules, self._link_rules = scan, rules, links
        self._real_root, self._max_file_bytes, self._suffixes = real_root, max_file_bytes, suffixes
        self._apart = apart
        self._links: list[Path] = []
        self._been: set[Path] = set()
        """Real folders that links led to, and those below them."""

    def into(self, folder: Path) -> None:
        """A folder and all below it; what it lists to leave out holds from there on."""
        path = self._scan.path_of(folder)
        if (real := self._real(folder, path)) is None or real in self._been or folder in self._apart:
            return
        if not real.is_relative_to(self._real_root):
            self._been.add(real)
        try:
            device = self._device(folder, path)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._unlisted(path, error)
            return
        self._scan.devices[path] = device
        self._rules.enter(path)
        folders = [found for entry in entries if (found := self._entry(entry)) is not None]
        for found in folders:
            self.into(found)
        self._rules.leave()

    def into_links(self) -> None:
        """Each folder once, by the first link that leads there; one to a folder above leads in circles."""
        while self._links:
            link = self._links.pop(0)
            path = self._scan.path_of(link)
            if (real := self._real(link, path)) is None:
                continue
            if real not in _SYSTEM and self._link_rules.allow(real) and not self._goes_in_circles(real):
                self._scan.followed[path] = real
                self._rules.left_out_on_the_way(path)
                self.into(link)
            else:
                self._scan.left_out.append(escaped(path))

    def _goes_in_circles(self, real: Path) -> bool:
        root = self._real_root
        return real in self._been or real.is_relative_to(root) or root.is_relative_to(real)

    def _entry(self, entry: os.DirEntry[str]) -> Path | None:
        """Take note of a file; a folder that is to be looked through is returned."""
        file = Path(entry.path)
        path = self._scan.path_of(file)
        if file in _SYSTEM or self._rules.leave_out(path):
            self._scan.left_out.append(escaped(path))
            return None
        if entry.is_dir(follow_symlinks=False):
            return file
        if entry.is_symlink() and self._is_folder(entry):
            self._links.append(file)
            return None
        suffix = file.suffix.lower()
        if suffix in self._suffixes:
            _look_at(file, path, self._real_root, self._max_file_bytes, self._scan)
        elif entry.is_symlink() and not self._exists(file):
            self._scan.unseen.append(path)  # a folder was there, it may be
        elif (format_ := with_suffix(suffix)) is not None:
            self._scan.unsupported[format_.name] += 1
        elif (kind := "video" if suffix in VIDEOS else _OTHERS.get(suffix)) is not None:
            self._scan.unsupported[kind] += 1
        return None

    def _device(self, folder: Path, path: str) -> str:
        number = folder.stat().st_dev
        above = self._scan.devices.get(path.rpartition("/")[0]) if path else None
        if above is not None and above.partition(" ")[0] == str(number):
            return above
        return f"{number} {os.statvfs(folder).f_fsid:x}"

    def _real(self, folder: Path, path: str) -> Path | None:
        """None, and noted, where a link can't be read any more, or leads to itself."""
        try:
            return folder.resolve()
        except (OSError, RuntimeError) as error:
            self._unlisted(path, error)
            return None

    def _unlisted(self, path: str, error: OSError | RuntimeError) -> None:
        why = str(getattr(error, "strerror", None) or error)
        reason = message("folder-unlisted", error=why)
        self._scan.skipped.append(Skipped(escaped(path), reason))
        self._scan.unseen.append(path)

    @staticmethod
    def _exists(file: Path) -> bool:
        try:
            return file.exists()
        except OSError:
            return False

    @staticmethod
    def _is_folder(entry: os.DirEntry[str]) -> bool:
        try:
            return entry.is_dir()
        except OSError:
            return False


def _look_at(file: Path, path: str, real_root: Path, max_file_bytes: int, scan: Scan) -> None:
    try:
        status = file.stat()
        reason = _objection(path, file, status, real_root, max_file_bytes)
    except (OSError, RuntimeError) as error:
        reason = message("file-unreadable", error=str(getattr(error, "strerror", None) or error))
        if not isinstance(error, FileNotFoundError):
            scan.unseen.append(path)
    if reason:
        scan.skipped.append(Skipped(escaped(path), reason))
    else:
        scan.candidates.append(Candidate(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns))


def _objection(
    path: str, file: Path, status: os.stat_result, real_root: Path, max_file_bytes: int
) -> str | None:
    if not is_unicode(path):
        return message("name-not-utf-8")
    if len(path.encode()) > _LONGEST_PATH:
        return message("path-too-long", most=_LONGEST_PATH)
    if not stat.S_ISREG(status.st_mode):
        return message("not-a-file")
    if file.is_symlink() and not _stays(file, real_root):
        return message("outside-folder")
    if status.st_size == 0:
        return message("file-empty")
    if status.st_size > max_file_bytes:
        return message("file-too-large", limit=f"{max_file_bytes / 1e6:g}")
    return None


def _stays(link: Path, real_root: Path) -> bool:
    """In the root, or in the folder beside it, which another link may have led to."""
    real = link.resolve()
    return real.is_relative_to(real_root) or real.is_relative_to(link.parent.resolve())


def is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def escaped(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()


def folders_above(path: str) -> Iterator[str]:
    """The folder that holds a path of a root, and each above it, up to the root itself."""
    while path:
        path = path.rpartition("/")[0]
        yield path
