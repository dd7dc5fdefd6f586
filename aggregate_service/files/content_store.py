"""Uploaded and downloaded pictures on disk, named by their content: `ab/cd/<sha256><suffix>`."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from uuid import uuid4

from aggregate_service.errors import DiskFull
from aggregate_service.files.durable import sync_folder

_INCOMING = "incoming"
_LISTS = "lists"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class Aside:
    """A file on its way in; nobody sees it until the store keeps it. Written by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder)
        self.path = Path(name)
        self._file = os.fdopen(descriptor, "wb")
        self._hash = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        with full_disk_said(self.path.parent):
            self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def finish(self) -> None:
        """Its bytes survive a power cut from here on."""
        with full_disk_said(self.path.parent):
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        """Harmless after it was kept."""
        try:
            self._file.close()
        except OSError as error:  # what was still to be written found no room
            if error.errno not in _NO_ROOM:
                raise
        self.path.unlink(missing_ok=True)


class ContentStore:
    """Below `folder` (UPLOAD_DIR). The same content is kept once; what is kept never changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def aside(self) -> Aside:
        with full_disk_said(self._folder):
            incoming = self._folder / _INCOMING
            incoming.mkdir(parents=True, exist_ok=True)
            return Aside(incoming)

    def scratch(self) -> Path:
        """The name of a file to be, for whatever needs one for a while; swept away as the rest is."""
        (self._folder / _INCOMING).mkdir(parents=True, exist_ok=True)
        return self._folder / _INCOMING / f"scratch-{uuid4().hex}"

    def drop_scratch(self, file: Path) -> None:
        """It, and what a database has put beside it."""
        for beside in file.parent.glob(f"{file.name}*"):
            beside.unlink(missing_ok=True)

    def keep(self, path: Path, sha256: str, suffix: str) -> str:
        """Move a finished file to its place; where its content is there already, it is dropped."""
        place = content_place(sha256, suffix)
        target = self._folder / place
        if target.is_file():
            path.unlink(missing_ok=True)
            return place
        with full_disk_said(self._folder):
            self._move(path, target)
        return place

    def keep_list(self, path: Path, name: str) -> Path:
        """Move a finished list (links, vectors) to where its job reads it."""
        target = self.list_path(name)
        with full_disk_said(self._folder):
            self._move(path, target)
        return target

    def list_path(self, name: str) -> Path:
        return self._folder / _LISTS / name

    def lists(self) -> list[Path]:
        """Every list that is kept for a job."""
        folder = self._folder / _LISTS
        return sorted(folder.iterdir()) if folder.is_dir() else []

    def locate(self, place: str) -> Path:
        return self._folder / place

    def sweep(self, older_than_seconds: float = 86_400.0) -> int:
        """Remove what a killed process left in the middle of an upload; says how many files."""
        incoming = self._folder / _INCOMING
        if not incoming.is_dir():
            return 0
        before = time() - older_than_seconds
        old = [file for file in incoming.iterdir() if file.stat().st_mtime < before]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def _move(self, path: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.chmod(0o644)
        path.replace(target)
        sync_folder(target.parent)


def content_place(sha256: str, suffix: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{suffix}"


@contextmanager
def full_disk_said(folder: Path) -> Iterator[None]:
    """`DiskFull` in place of the operating system's error when there is no room left."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise DiskFull(folder) from error
