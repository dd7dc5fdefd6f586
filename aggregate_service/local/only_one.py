"""At most one installation works on a folder of data: the launcher and its services hold a lock together."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_FILE = "launcher.lock"
_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 20.0  # longer than services take to end after their launcher


class AlreadyRunning(Exception):
    """Another launcher serves this data; the message says which process that is."""


@contextmanager
def only_one(
    folder: Path, pause: Callable[[float], None], say: Callable[[str], None], url: str = ""
) -> Iterator[int]:
    """Gives the lock's descriptor: the lock is held as long as any process lives that it was passed on to.

    `url` is where the page is, for those who come second. Services that are still ending after their
    launcher are waited for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _FILE, os.O_RDWR | os.O_CREAT, 0o644)
    waited = 0.0
    while not _try(descriptor):
        _refuse_a_second(folder, descriptor)
        if waited >= _WAIT_SECONDS:
            raise AlreadyRunning(
                f"{folder} is still in use by services of an earlier start, which don't end; kill them first."
            )
        if waited == 0:
            say("Waiting for the services of the last start to end …")
        pause(_LOOK_SECONDS)
        waited += _LOOK_SECONDS
    os.ftruncate(descriptor, 0)
    with suppress(OSError):  # a full disk: only those who want to know who holds the lock miss it
        os.pwrite(descriptor, f"{os.getpid()} {url}".encode(), 0)
    try:
        yield descriptor
    finally:
        os.ftruncate(descriptor, 0)  # from here on, the services are ending
        os.close(descriptor)


def refuse_a_second(folder: Path) -> None:
    """`AlreadyRunning` if a launcher serves this data now; before anything else is in its way."""
    try:
        descriptor = os.open(folder / _FILE, os.O_RDWR)
    except OSError:
        return
    try:
        if not _try(descriptor):
            _refuse_a_second(folder, descriptor)
    finally:
        os.close(descriptor)


def _refuse_a_second(folder: Path, descriptor: int) -> None:
    process, _, url = os.pread(descriptor, 200, 0).decode(errors="replace").partition(" ")
    if _lives(process):
        where = f" at {url}" if url else ""
        raise AlreadyRunning(
            f"image search already runs{where}: {folder} is in use by process {process}; stop that one first."
        )


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _lives(process: str) -> bool:
    return process.isdecimal() and bool(psutil.pid_exists(int(process)))
