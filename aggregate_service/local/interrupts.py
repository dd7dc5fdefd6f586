"""Ctrl-C, SIGTERM and a closed terminal: the first stops the launcher in order, the next one hurries it."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOK_SECONDS = 0.05


class Interrupted(BaseException):
    """Somebody wants the launcher to stop."""


class Interrupts:
    """Signals are counted, and raise `Interrupted` only where that can't leave anything half done."""

    def __init__(self) -> None:
        self._count, self._raises = 0, False

    def install(self) -> None:
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # nohup, or a shell that runs it in the background
                signal.signal(number, self._note)

    @property
    def hurried(self) -> bool:
        """It was asked for more than once."""
        return self._count > 1

    def check(self) -> None:
        if self._count:
            raise Interrupted

    def pause(self, seconds: float) -> None:
        """Sleep, or raise `Interrupted` at once."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
            self.check()

    @contextmanager
    def at_any_moment(self) -> Iterator[None]:
        """For work that may block and may end anywhere: a signal raises `Interrupted` in the middle."""
        self.check()
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._raises:
            self._raises = False
            raise Interrupted
