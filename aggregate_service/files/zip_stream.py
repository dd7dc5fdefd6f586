"""A ZIP file that is taken in parts as it is written. Nothing in it is compressed: pictures hardly shrink."""

from collections.abc import Callable, Iterator
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

_PART = 1_000_000


class ZipStream:
    """Memory holds a part; what is written to `file` otherwise waits until it is taken."""

    def __init__(self) -> None:
        self._pipe = _Pipe()
        self.file = ZipFile(self._pipe, "w", ZIP_STORED)

    def add(
        self, entry: ZipInfo, source: BinaryIO, read: Callable[[bytes], object] = lambda _part: None
    ) -> Iterator[bytes]:
        """What is in the source; `read` is told each part of it."""
        with self.file.open(entry, "w", force_zip64=True) as member:
            while part := source.read(_PART):
                member.write(part)
                read(part)
                if self._pipe.size >= _PART:
                    yield self.take()

    def take(self) -> bytes:
        return self._pipe.take()

    def finish(self) -> bytes:
        """The rest of it, with the list of all that is in it."""
        self.file.close()
        return self.take()


class _Pipe:
    """What was written and not yet taken. It can't be sought in, so sizes follow the data."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """What is written may still be taken."""

    def take(self) -> bytes:
        taken, self._parts, self.size = b"".join(self._parts), [], 0
        return taken
