"""The pictures on disk: opened safely inside one folder, described, and shrunk to kept thumbnails."""

import errno
import hashlib
import logging
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from aggregate_service.catalog import Facts, Picture
from aggregate_service.durable import write_atomically
from aggregate_service.errors import NoSuchPicture
from aggregate_service.pixels import Header, PixelLimits, read_header, shrink
from aggregate_service.portable import is_plain_relative

log = logging.getLogger("aggregate.images")
THUMBNAIL_SIDE = 256


class OutsideFolder(Exception):
    """The path leads out of the folder of pictures."""


class ImageStore:
    """`root` is asked each time: an index run of another process may change the folder that is served."""

    def __init__(self, root: Callable[[], Path], thumbnails: Path, limits: PixelLimits) -> None:
        self._root, self._thumbnails, self.limits = root, thumbnails, limits

    def locate(self, path: str) -> Path:
        """The real path of a picture; `OutsideFolder` for `..`, absolute paths and links that lead out."""
        root = self._root().resolve()
        if not is_plain_relative(path):
            raise OutsideFolder(path)
        real = (root / path).resolve()
        if not real.is_relative_to(root):
            raise OutsideFolder(path)
        return real

    def open(self, path: str) -> BufferedReader:
        """Open a regular file inside the folder for reading; `OSError` or `OutsideFolder` otherwise."""
        descriptor = os.open(self.locate(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "not a regular file", path)
        return os.fdopen(descriptor, "rb")

    def open_picture(self, picture: Picture) -> BufferedReader:
        """For requests: whatever is in the way, the client gets a 404."""
        try:
            return self.open(picture.path)
        except (OSError, OutsideFolder, ValueError, RuntimeError) as error:
            log.warning("picture %d can't be opened: %s", picture.id, error)
            raise NoSuchPicture(picture.id) from error

    def header(self, file: BufferedReader) -> Header:
        """What an open picture says about itself; `UnreadablePicture` when it isn't one."""
        return read_header(file, self.limits)

    def status(self, file: BufferedReader) -> os.stat_result:
        return os.fstat(file.fileno())

    def facts(self, file: BufferedReader) -> Facts:
        """What reading an open picture tells; `UnreadablePicture` when it isn't one."""
        status = os.fstat(file.fileno())
        header = read_header(file, self.limits)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        return Facts(status.st_size, status.st_mtime_ns, sha256, header.width, header.height)

    def thumbnail(self, picture: Picture) -> tuple[bytes, str]:
        """The thumbnail and the SHA-256 of the content it shows; made on first demand."""
        if picture.sha256 is not None:
            with suppress(OSError):
                return self._kept(picture.sha256).read_bytes(), picture.sha256
        with self.open_picture(picture) as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            data = shrink(file, THUMBNAIL_SIDE, self.limits)
        self._keep(sha256, data)
        return data, sha256

    def _kept(self, sha256: str) -> Path:
        return self._thumbnails / sha256[:2] / f"{sha256}-{THUMBNAIL_SIDE}.webp"

    def _keep(self, sha256: str, data: bytes) -> None:
        try:
            write_atomically(self._kept(sha256), data)
        except OSError as error:  # a full disk makes thumbnails slow, not impossible
            log.warning("thumbnail not kept: %s", error)
