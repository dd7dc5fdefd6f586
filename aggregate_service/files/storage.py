"""Where files that people add are kept for good: the contract, and a folder of this machine."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

from aggregate_service.files.durable import sync_folder


class OutsideFolder(Exception):
    """The path leads out of the folder that it should lie in."""


class StoredFile(Protocol):
    """A file that may be there. A `Path` is one; `FileNotFoundError` where reading finds nothing."""

    def is_file(self) -> bool: ...

    def open(self, mode: Literal["rb"]) -> BufferedReader: ...

    def read_bytes(self) -> bytes: ...


class Storage(Protocol):
    """Files under names such as `ab/cd/SHA256.jpg`; what is kept under a name never changes.

    `StorageAway` where it can't be asked now.
    """

    def locate(self, name: str) -> StoredFile: ...

    def keep(self, file: Path, name: str) -> None:
        """Take a whole file of this machine over: from here on it is kept, and gone from where it was."""

    def delete(self, names: Iterable[str]) -> None:
        """Harmless where there is none."""

    def listed(self, below: str) -> Iterator[tuple[str, float]]:
        """What lies directly below, by its last part, and when it was kept, in seconds since 1970."""

    def fetch(self, name: str, folder: Path) -> Path:
        """The file on this machine, if it is kept; what isn't on its disks is copied into `folder`."""

    def seen_from(self, folder: Path, name: str) -> str:
        """How a list that lies in `folder` names the file: relative if it is below, else its address."""

    def check(self) -> None:
        """`StorageAway` where nothing could be kept or read now."""


@dataclass(frozen=True)
class Folder:
    """On a disk of this machine."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def locate(self, name: str) -> Path:
        """`OutsideFolder` for `..`, absolute paths and links that lead out."""
        if not is_plain_relative(name):
            raise OutsideFolder(name)
        above = self.root.resolve()
        real = (above / name).resolve()
        if not real.is_relative_to(above):
            raise OutsideFolder(name)
        return real

    def keep(self, file: Path, name: str) -> None:
        target = self.locate(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.chmod(0o644)
        file.replace(target)
        sync_folder(target.parent)

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self.locate(name).unlink(missing_ok=True)

    def listed(self, below: str) -> Iterator[tuple[str, float]]:
        folder = self.root / below
        if folder.is_dir():
            yield from ((file.name, file.stat().st_mtime) for file in sorted(folder.iterdir()))

    def fetch(self, name: str, folder: Path) -> Path:  # noqa: ARG002 - it is here
        return self.locate(name)

    def seen_from(self, folder: Path, name: str) -> str:
        file, above = self.root.resolve() / name, folder.resolve()
        return (file.relative_to(above) if file.is_relative_to(above) else file).as_posix()

    def check(self) -> None:
        """What a disk lacks is said where it is written to."""


@dataclass(frozen=True)
class FileStatus:
    """Bytes, and moments in nanoseconds since 1970."""

    size: int
    modified_ns: int
    changed_ns: int


def status_of(file: BufferedReader) -> FileStatus:
    """Of an open file, wherever it is kept."""
    known = getattr(file.raw, "status", None)
    if isinstance(known, FileStatus):
        return known
    status = os.fstat(file.fileno())
    return FileStatus(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def is_plain_relative(path: str) -> bool:
    """True for `a/b.jpg`; False for absolute paths and any that climbs with `..`."""
    pure = PurePosixPath(path)
    return "\0" not in path and bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
