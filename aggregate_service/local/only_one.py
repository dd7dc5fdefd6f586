"""At most one installation works on a folder of data: the launcher and its services hold a lock together."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 20.0  # longer than services take to end whose launcher was killed


class AlreadyRunning(Exception):
    """Another launcher serves this data; the message says which process that is."""


class DataLock:
    """Held as long as this process, or a service to which `descriptor` was passed on, lives."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "launcher.lock"
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)

    def take(self, pause: Callable[[float], None], say: Callable[[str], None]) -> None:
        """Services whose launcher was killed end by themselves within seconds: those are waited for."""
        waited = 0.0
        while not self._try():
            holder = os.pread(self.descriptor, 32, 0).decode(errors="replace")
            if waited >= _WAIT_SECONDS:
                raise AlreadyRunning(f"process {holder} serves {self.path.parent} already; stop it first.")
            if waited == 0:
                say(f"Waiting for process {holder} and its services, which still use {self.path.parent} …")
            pause(_LOOK_SECONDS)
            waited += _LOOK_SECONDS
        os.ftruncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def _try(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
        return True
