"""A disk that is soon full: a few MB of tmpfs, which only root may mount."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_LIBC = ctypes.CDLL(None, use_errno=True)
_DETACH = 2


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[None]:
    """A new folder that is a disk of its own while this lasts; skips the test where that can't be."""
    folder.mkdir()
    if _LIBC.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, f"size={megabytes}m".encode()) != 0:
        pytest.skip(f"can't mount a tmpfs: {os.strerror(ctypes.get_errno())}")
    try:
        yield
    finally:
        _LIBC.umount2(bytes(folder), _DETACH)
