"""The files of pictures: opened safely inside their folder, described, shrunk to copies that are kept."""

import errno
import hashlib
import io
import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from aggregate_service.catalogue.records import Facts, Picture, Place
from aggregate_service.errors import PictureIsMissing
from aggregate_service.files.durable import write_atomically
from aggregate_service.files.links import LinkRules
from aggregate_service.files.pixels import shrink
from aggregate_service.files.storage import OutsideFolder, Storage, StoredFile, is_plain_relative, status_of
from picture_files.errors import UnreadablePicture
from picture_files.pixels_digest import look_digest, pixels_digest
from picture_files.reader import Header, PictureLimits, read_about, read_header
from picture_files.stripped import stripped

log = logging.getLogger("aggregate.images")
THUMBNAIL_SIDES = (256, 512, 1_024)
VIEW_SIDE = 2_048  # of what browsers get in place of a format that they don't show
_SIDES = (*THUMBNAIL_SIDES, VIEW_SIDE)
_DECODED_AT_ONCE = 2
"""A picture of 50 megapixels takes 150 MB and more while it is decoded."""
T = TypeVar("T")


class ImageStore:
    """`folder` is where a root is; `uploads` keeps our own copies, each under the hash of its content."""

    def __init__(
        self,
        folder: Callable[[int], Path],
        uploads: Storage,
        thumbnails: Path,
        limits: PictureLimits,
        links: LinkRules | None = None,
    ) -> None:
        self._links = links or LinkRules()
        self._folder, self._uploads, self._thumbnails = folder, uploads, thumbnails
        self.limits = limits
        self._decoding = CapacityLimiter(_DECODED_AT_ONCE)

    def locate(self, place: Place) -> StoredFile:
        """The real path of a file; `OutsideFolder` for `..`, absolute paths and links that lead out.

        A link to a folder may lead out where the rules say so. Our own copies may lie on another machine.
        """
        if place.root_id is None:
            return self._uploads.locate(place.path)
        above = self._folder(place.root_id).resolve()
        if not is_plain_relative(place.path):
            raise OutsideFolder(place.path)
        real = (above / place.path).resolve()
        if real.is_relative_to(above):
            return real
        folder = (above / place.path).parent.resolve()
        if real.is_relative_to(folder) and self._links.allow(folder):
            return real
        raise OutsideFolder(place.path)

    def open(self, place: Place) -> BufferedReader:
        """Open a regular file inside its folder for reading; `OSError` or `OutsideFolder` otherwise."""
        located = self.locate(place)
        if not isinstance(located, Path):
            return located.open("rb")
        descriptor = os.open(located, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file", place.path)
        return os.fdopen(descriptor, "rb")

    def check_uploads(self) -> None:
        """`StorageAway` where our own copies are out of reach now."""
        self._uploads.check()

    def discard(self, places: Iterable[Place], contents: Iterable[str]) -> None:
        """Delete our own copies among these, and the small copies of these contents; never a user's file."""
        self._uploads.delete(place.path for place in places if place.root_id is None)
        for sha256 in contents:
            for side in _SIDES:
                self._kept(sha256, side).unlink(missing_ok=True)

    def open_picture(self, picture: Picture) -> BufferedReader:
        """For requests: whatever is in the way, the client gets a 404."""
        if picture.missing_since is not None:
            raise PictureIsMissing(picture.id)
        try:
            return self.open(picture.place)
        except (OSError, OutsideFolder, ValueError, RuntimeError) as error:
            log.warning("picture %d can't be opened: %s", picture.id, error)
            raise PictureIsMissing(picture.id) from error

    def header(self, file: BufferedReader) -> Header:
        """What an open picture says about itself; `UnreadablePicture` when it isn't one."""
        with _not_the_requests_fault():
            return read_header(file, self.limits)

    def stripped(self, file: BufferedReader) -> tuple[bytes, str]:
        """An open picture without its metadata, and its media type."""
        with _not_the_requests_fault():
            return stripped(file, self.limits)

    def facts(self, file: BufferedReader) -> Facts:
        """What reading an open picture tells; `UnreadablePicture` when it isn't one."""
        status, data = status_of(file), file.read()
        header, metadata = read_about(io.BytesIO(data), self.limits)
        file.seek(0)
        pixels = pixels_digest(data)
        return Facts(
            len(data),
            status.modified_ns,
            hashlib.sha256(data).hexdigest(),
            header.width,
            header.height,
            pixels and f"{pixels}.{look_digest(data, header.orientation)}",
            status.changed_ns,
            header.media_type,
            metadata,
        )

    async def decode(self, work: Callable[[], T]) -> T:
        """In a thread, as soon as it is its turn: whoever asks, and however often, a few are at work."""
        return await to_thread.run_sync(work, limiter=self._decoding)

    def kept_small(self, picture: Picture, side: int = THUMBNAIL_SIDES[0]) -> tuple[bytes, str] | None:
        """A WebP of at most `side` pixels and the SHA-256 of the content it shows, if it has been made."""
        if picture.sha256 is not None:
            with suppress(OSError):
                return self._kept(picture.sha256, side).read_bytes(), picture.sha256
        return None

    def kept_instead(self, sha256: str | None, side: int = THUMBNAIL_SIDES[0]) -> Path | None:
        """Where a copy of another size is, for a picture whose file is gone; the nearest one."""
        nearest = sorted(_SIDES, key=lambda other: abs(other - side)) if sha256 else ()
        return next((path for other in nearest if (path := self._kept(sha256 or "", other)).exists()), None)

    def small(self, picture: Picture, side: int = THUMBNAIL_SIDES[0]) -> tuple[bytes, str]:
        """The same, made on first demand."""
        if kept := self.kept_small(picture, side):
            return kept
        with self.open_picture(picture) as file:
            whole = file.read()
        sha256 = hashlib.sha256(whole).hexdigest()
        with _not_the_requests_fault():
            data = shrink(io.BytesIO(whole), side, self.limits)
        self._keep(self._kept(sha256, side), data)
        return data, sha256

    def _kept(self, sha256: str, side: int) -> Path:
        return self._thumbnails / sha256[:2] / f"{sha256}-{side}.webp"

    def _keep(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:  # a full disk makes thumbnails slow, not impossible
            log.warning("thumbnail not kept: %s", error)


@contextmanager
def _not_the_requests_fault() -> Iterator[None]:
    """Whatever is wrong with a file of ours, 415 and 413 would be about what the client sent."""
    try:
        yield
    except UnreadablePicture as problem:
        raise UnreadablePicture(problem.detail) from problem
