"""Memory of files that are mapped, read once, and hardly ever again."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

_MAPS = Path("/proc/self/maps")
_MADV_DONTNEED = 4


def let_go(path: Path) -> int:
    """Unload what is in memory of a file mapped for reading; how many bytes of it are mapped.

    Nothing is lost: who reads it again gets it from the file. Only Linux does this; elsewhere 0.
    """
    if not _MAPS.exists():
        return 0
    advise = ctypes.CDLL(None, use_errno=True).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    sizes = 0
    for start, end in _mappings(path.resolve()):
        if advise(start, end - start, _MADV_DONTNEED) == 0:
            sizes += end - start
    return sizes


def _mappings(path: Path) -> Iterator[tuple[int, int]]:
    """Only those that can't be written: of another, changes would be lost."""
    for line in _MAPS.read_text("utf-8", "surrogateescape").splitlines():
        addresses, permissions, *_, name = line.split(maxsplit=5)
        if permissions.startswith("r-") and name == str(path):
            start, end = addresses.split("-")
            yield int(start, 16), int(end, 16)
