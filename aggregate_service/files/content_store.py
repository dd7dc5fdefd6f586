"""Uploaded and downloaded pictures, named by their content: `ab/cd/<sha256><suffix>`."""

import errno
import hashlib
import os
import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time
from uuid import uuid4

from aggregate_service.errors import DiskFull
from aggregate_service.files.storage import Folder, Storage, StoredFile

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
    """The same content is kept once; what is kept never changes. What comes in is received in `folder`."""

    def __init__(self, folder: Path, storage: Storage | None = None) -> None:
        """It is kept in `folder`, too, unless there is a storage elsewhere."""
        self._folder, self.storage = folder, storage or Folder(folder)

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
        if self.locate(place).is_file():
            path.unlink(missing_ok=True)
            return place
        with full_disk_said(self._folder):
            self.storage.keep(path, place)
        return place

    def keep_list(self, path: Path, name: str) -> Path:
        """Move a finished list (links, vectors) to where its job reads it."""
        with full_disk_said(self._folder):
            self.storage.keep(path, f"{_LISTS}/{name}")
            return self.list_path(name)

    def list_path(self, name: str) -> Path:
        """Where it can be read on this machine."""
        with full_disk_said(self._folder):
            return self.storage.fetch(f"{_LISTS}/{name}", self._folder)

    def sweep_lists(self, needed: Container[str], older_than_seconds: float = 3_600.0) -> int:
        """Remove the lists that no job needs; one is there a moment before its job is."""
        before, here = time() - older_than_seconds, Folder(self._folder)
        swept = 0
        for storage in (self.storage, here):  # copies of what a bucket keeps lie here
            old = [name for name, kept in storage.listed(_LISTS) if name not in needed and kept < before]
            storage.delete(f"{_LISTS}/{name}" for name in old)
            swept += len(old)
        return swept

    def locate(self, place: str) -> StoredFile:
        return self.storage.locate(place)

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
