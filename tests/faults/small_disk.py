"""Small disks: a few MB of tmpfs, which only root may mount; soon full, and mounted elsewhere as well."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_LIBC = ctypes.CDLL(None, use_errno=True)
_DETACH, _BIND = 2, 4096


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


def bind(disk: Path, at: Path) -> None:
    """The disk is in this folder too, and hides what is there."""
    if _LIBC.mount(bytes(disk), bytes(at), None, _BIND, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def unbind(at: Path) -> None:
    """Nothing happens where nothing is mounted."""
    _LIBC.umount2(bytes(at), _DETACH)
