"""An object of a bucket as a file that can be read and sought in, part by part."""

import io
from collections.abc import Callable

from aggregate_service.files.storage import FileStatus

Part = Callable[[int, int], bytes]
"""The bytes from a place on, so many of them."""


class ObjectReader(io.RawIOBase):
    """`first` are the bytes that it begins with, as far as they are known already."""

    def __init__(self, part: Part, status: FileStatus, first: bytes) -> None:
        self._part, self.status, self._first = part, status, first
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.status.size}[whence]
        if start + offset < 0:
            raise ValueError(f"a file has no place {start + offset}")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._next(self.status.size)

    def _next(self, most: int) -> bytes:
        start, length = self._place, min(most, self.status.size - self._place)
        if length <= 0:
            return b""
        data = self._first[start : start + length]
        if len(data) < length:
            data += self._part(start + len(data), length - len(data))
        self._place += len(data)
        return data
