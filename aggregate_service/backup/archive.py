"""The file of a backup: a zip of the catalogue, a bundle for each collection, and people's own pictures.

    catalogue.db              everything in the catalogue's database, as SQLite
    collections/NAME/…        the vectors of one encoder, as `image-search export` writes them
    uploads/ab/cd/SHA256.jpg  pictures that people added, under the hash of their content
    lists/…                   the lists of jobs that aren't ended
    backup.json               what is in it; written last, so that half a file isn't taken for a whole one

Nothing is compressed.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from aggregate_service.bundle.api import MoveError
from aggregate_service.bundle.bundle import UNREADABLE, Bundle, BundleWriter
from aggregate_service.bundle.bundle import Manifest as BundleManifest
from aggregate_service.files.zip_stream import ZipStream

FORMAT = "image-search-backup-1"
CATALOGUE, LISTS = "catalogue.db", "lists/"
_MANIFEST, _COLLECTIONS, _UPLOADS = "backup.json", "collections/", "uploads/"
_CHUNK = 1_000_000


@dataclass
class BackupManifest:
    """`sha256` is of the catalogue and the lists; a bundle has its own manifest, an upload its name."""

    id: str
    catalogue: str
    version: str
    created_at: float
    pictures: int = 0
    uploads: int = 0
    default: str | None = None
    collections: list[str] = field(default_factory=list)
    sha256: dict[str, str] = field(default_factory=dict)
    format: str = FORMAT


class BackupWriter:
    """What was written so far is to be taken now and then; each method that may write much gives it."""

    def __init__(self, manifest: BackupManifest) -> None:
        self.manifest = manifest
        self._stream = ZipStream()

    def take(self) -> bytes:
        return self._stream.take()

    def bundle(self, manifest: BundleManifest) -> BundleWriter:
        self.manifest.collections.append(manifest.collection)
        return BundleWriter(self._stream.file, manifest, f"{_COLLECTIONS}{manifest.collection}/")

    def upload(self, place: str, file: BinaryIO) -> Iterator[bytes]:
        yield from self._stream.add(zipfile.ZipInfo(_UPLOADS + place), file)
        self.manifest.uploads += 1

    def file(self, name: str, file: BinaryIO) -> Iterator[bytes]:
        digest = hashlib.sha256()
        yield from self._stream.add(zipfile.ZipInfo(name), file, digest.update)
        self.manifest.sha256[name] = digest.hexdigest()

    def finish(self) -> bytes:
        self._stream.file.writestr(_MANIFEST, json.dumps(asdict(self.manifest), indent=1))
        return self._stream.finish()


class Backup:
    """A backup on disk, to be used in a `with`. Nothing of it is believed before its checksum was seen to
    match; `MoveError` says what doesn't."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except UNREADABLE as error:
            raise self._unreadable(error) from error
        try:
            self.manifest = BackupManifest(**json.loads(self._zip.read(_MANIFEST)))
        except UNREADABLE as error:
            self._zip.close()
            raise self._unreadable(error) from error
        if self.manifest.format != FORMAT:
            self._zip.close()
            raise MoveError(f"{path} is a backup of another format: {self.manifest.format!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def bundles(self) -> Iterator[Bundle]:
        for name in self.manifest.collections:
            yield Bundle(self.path, self._zip, f"{_COLLECTIONS}{name}/")

    def uploads(self) -> list[str]:
        """Where each lies in the content store."""
        names = (name.removeprefix(_UPLOADS) for name in self._zip.namelist() if name.startswith(_UPLOADS))
        return sorted(names)

    def lists(self) -> list[str]:
        return [name.removeprefix(LISTS) for name in self.manifest.sha256 if name.startswith(LISTS)]

    def read_upload(self, place: str) -> Iterator[bytes]:
        """In parts; that it isn't what its name says is noticed after the last."""
        yield from self._checked(_UPLOADS + place, sha256_of(place))

    def read_file(self, name: str) -> Iterator[bytes]:
        yield from self._checked(name, self.manifest.sha256.get(name, ""))

    def verify(self) -> None:
        """Read all of it."""
        for bundle in self.bundles():
            bundle.verify()
        for name in self.manifest.sha256:
            _exhaust(self.read_file(name))
        uploads = self.uploads()
        for place in uploads:
            _exhaust(self.read_upload(place))
        if len(uploads) != self.manifest.uploads or CATALOGUE not in self.manifest.sha256:
            raise MoveError(f"{self.path} lacks some of what its list names")

    def _checked(self, name: str, sha256: str) -> Iterator[bytes]:
        digest = hashlib.sha256()
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk
        except UNREADABLE as error:
            raise MoveError(f"{self.path}: {name} can't be read: {error}") from error
        if digest.hexdigest() != sha256:
            raise MoveError(f"{self.path}: {name} doesn't match its SHA-256")

    def _unreadable(self, error: BaseException) -> MoveError:
        return MoveError(f"{self.path} is no backup that can be read: {error}")


def sha256_of(place: str) -> str:
    return PurePosixPath(place).stem


def _exhaust(parts: Iterator[bytes] | Sequence[bytes]) -> None:
    for _part in parts:
        pass
