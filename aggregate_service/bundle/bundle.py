"""One collection in one file: a zip of .npy parts, a manifest with their checksums, and perhaps the paths."""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from aggregate_service.bundle.api import Ids, MoveError, Vectors
from service_kit.arrays import from_npy, to_npy
from service_kit.problems import BadRequest

_FORMAT = "image-search-bundle-1"
_MANIFEST, _PATHS = "manifest.json", "image_paths.json"
UNREADABLE = (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError, TypeError, NotImplementedError)


@dataclass(frozen=True)
class Manifest:
    """`files` has every other file's SHA-256; part n is `ids-n.npy` and `vectors-n.npy`, ids ascending."""

    collection: str
    encoder: str
    dimension: int
    catalogue: str | None = None
    count: int = 0
    parts: int = 0
    files: dict[str, str] = field(default_factory=dict)
    format: str = _FORMAT


class BundleWriter:
    """`manifest` is of what has been added so far. In a larger archive all its names begin with `prefix`."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, prefix: str = "") -> None:
        self._archive, self._prefix = archive, prefix
        self.manifest = manifest

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Parts come in the order of their ids."""
        known = self.manifest
        self._file(f"ids-{known.parts:05}.npy", to_npy(ids.astype("<i8")))
        self._file(f"vectors-{known.parts:05}.npy", to_npy(vectors.astype("<f4")))
        self.manifest = replace(known, count=known.count + len(ids), parts=known.parts + 1)

    def add_paths(self, content: bytes) -> None:
        self._file(_PATHS, content)

    def finish(self) -> None:
        self._archive.writestr(self._prefix + _MANIFEST, json.dumps(asdict(self.manifest), indent=1))

    def _file(self, name: str, content: bytes) -> None:
        self._archive.writestr(self._prefix + name, content)
        self.manifest.files[name] = hashlib.sha256(content).hexdigest()


@contextmanager
def writing(path: Path, manifest: Manifest) -> Iterator[BundleWriter]:
    """Written aside and renamed when it is whole; nothing is left of what fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                bundle = BundleWriter(archive, manifest)
                yield bundle
                bundle.finish()
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


class Bundle:
    """A bundle on disk, of which nothing is used before its checksum was seen to match."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None = None, prefix: str = "") -> None:
        """Reads the manifest; `MoveError` when there's none that can be read. `archive` is the file at `path`
        where it is open already, and has other things beside those whose names begin with `prefix`.
        """
        self.path, self._archive, self._prefix = path, archive, prefix
        try:
            with self._opened() as opened:
                self.manifest = Manifest(**json.loads(opened.read(prefix + _MANIFEST)))
        except UNREADABLE as error:
            raise MoveError(f"{path} is no bundle that can be read: {error}") from error
        if self.manifest.format != _FORMAT:
            raise MoveError(f"{path} is a bundle of another format: {self.manifest.format!r}")

    def verify(self) -> None:
        """Read all of it: every checksum, every shape, the count, and that ids ascend."""
        count, last = 0, -1
        for ids, _vectors in self.parts():
            if int(ids[0]) <= last or (np.diff(ids) <= 0).any():
                raise MoveError(f"{self.path}: the ids don't ascend")
            count, last = count + len(ids), int(ids[-1])
        if count != self.manifest.count:
            raise MoveError(
                f"{self.path} holds {count} vectors, and its manifest tells {self.manifest.count}"
            )
        self.paths()

    def parts(self) -> Iterator[tuple[Ids, Vectors]]:
        for part in range(self.manifest.parts):
            try:
                ids = from_npy(self._read(f"ids-{part:05}.npy"))
                vectors = from_npy(self._read(f"vectors-{part:05}.npy"))
            except BadRequest as problem:
                raise MoveError(f"{self.path}, part {part}: {problem.detail}") from problem
            whole = len(ids) and vectors.shape == (len(ids), self.manifest.dimension) and ids.ndim == 1
            if not whole or ids.dtype != np.int64 or vectors.dtype != np.float32:
                raise MoveError(f"{self.path}, part {part}: ids and vectors don't belong together")
            yield ids.astype(np.int64), vectors.astype(np.float32)

    def paths(self) -> bytes | None:
        return self._read(_PATHS) if _PATHS in self.manifest.files else None

    def _opened(self) -> AbstractContextManager[zipfile.ZipFile]:
        return zipfile.ZipFile(self.path) if self._archive is None else nullcontext(self._archive)

    def _read(self, name: str) -> bytes:
        try:
            with self._opened() as opened:
                content = opened.read(self._prefix + name)
        except UNREADABLE as error:
            raise MoveError(f"{self.path}: {name} can't be read: {error}") from error
        if hashlib.sha256(content).hexdigest() != self.manifest.files.get(name):
            raise MoveError(f"{self.path}: {name} doesn't match its SHA-256")
        return content
