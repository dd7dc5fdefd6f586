"""The float32 vectors of an approximate index, one after the other on disk: what ranks the candidates."""

import errno
import hashlib
import mmap
import os
import weakref
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Vectors
from search_service.errors import BrokenSealError, StorageFull

Rows = NDArray[np.int64]
BLOCK = 4096  # rows that share a checksum
_GROWTH = 1 << 25  # bytes by which the file grows at least


class RowFile:
    """Append-only, no header: row r is at r × dimension × 4, little-endian. Any thread may read; one writes.

    Derived from the store, so it may be lost. Rows are never changed, so the checksums of whole blocks stay
    true, and a snapshot that knows the first n rows isn't disturbed by what a crash left behind them.
    Written by `pwrite`, never through the mapping: a full disk is an error there, and a signal here.
    """

    def __init__(self, path: Path, dimension: int, count: int = 0) -> None:
        self.path, self.dimension, self.count = path, dimension, count
        self._row_bytes = 4 * dimension
        self._digests: list[bytes] = []
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        weakref.finalize(self, os.close, self._fd)  # when the last reader is done with this index
        self._mapped = np.empty((0, dimension), np.float32)
        self._map(count)

    @classmethod
    def checked(cls, path: Path, dimension: int, count: int, digests: list[bytes]) -> "RowFile":
        """The file, when its first `count` rows are those that `digests` were made of."""
        if not path.exists():
            raise BrokenSealError(f"{path.name}, its vectors, is missing")
        if path.stat().st_size < count * 4 * dimension:
            raise BrokenSealError(f"{path.name}, its vectors, is shorter than {count} rows")
        opened = cls(path, dimension, count)
        if opened.digests() != digests:
            raise BrokenSealError(f"{path.name}, its vectors, doesn't match the SHA-256 in the snapshot")
        return opened

    def append(self, vectors: Vectors) -> int:
        """Write the rows and return the number of the first; `StorageFull` when they don't fit."""
        first = self.count
        try:
            self._map(first + len(vectors))
            self._write(np.ascontiguousarray(vectors, "<f4"), first * self._row_bytes)
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise StorageFull from error
        self.count = first + len(vectors)
        return first

    def read(self, rows: Rows) -> Vectors:
        taken: Vectors = self._mapped.take(rows, axis=0)
        return taken

    def digests(self) -> list[bytes]:
        """SHA-256 of each block of rows; those of whole blocks are computed once."""
        for block in range(len(self._digests), self.count // BLOCK):
            self._digests.append(self._digest(block * BLOCK, (block + 1) * BLOCK))
        rest = self.count // BLOCK * BLOCK
        return self._digests + ([self._digest(rest, self.count)] if rest < self.count else [])

    def sync(self) -> None:
        os.fsync(self._fd)

    def delete(self) -> None:
        """Whoever reads it still can."""
        self.path.unlink(missing_ok=True)

    def _digest(self, start: int, stop: int) -> bytes:
        return hashlib.sha256(self._mapped[start:stop].data).digest()

    def _map(self, count: int) -> None:
        """Make the mapping long enough; the one before lives as long as somebody reads from it."""
        if count <= len(self._mapped):
            return
        size = os.fstat(self._fd).st_size
        if size < count * self._row_bytes:
            size = count * self._row_bytes
            size += max(_GROWTH, size // 8) // self._row_bytes * self._row_bytes
            os.truncate(self._fd, size)  # sparse: takes no room before it is written
        whole = size // self._row_bytes * self._row_bytes
        mapping = mmap.mmap(self._fd, whole, prot=mmap.PROT_READ)
        self._mapped = np.frombuffer(mapping, "<f4").reshape(-1, self.dimension)

    def _write(self, rows: Vectors, offset: int) -> None:
        data = rows.view(np.uint8).reshape(-1).data
        while data:
            written = os.pwrite(self._fd, data, offset)
            data, offset = data[written:], offset + written
