"""How a download looks: a bar that redraws itself in a terminal, a line every tenth anywhere else."""

import sys
import time
from typing import TextIO

WIDTH = 30


class ProgressBar:
    """Call it with a file's name, the bytes that are there, and its size."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out, self._drawing = out, out.isatty()
        self._name, self._start, self._first, self._shown = "", 0.0, 0, 0.0

    def __call__(self, name: str, done: int, size: int) -> None:
        now = time.monotonic()
        if name != self._name:
            self._name, self._start, self._first, self._shown = name, now, done, -1.0
        share = min(done / size, 1) if size else 1.0
        if self._drawing:
            if done >= size or now - self._shown > 0.1:
                self._shown = now
                self._draw(share, done, size, now - self._start)
        elif share - self._shown >= 0.1 or share == 1 > self._shown:
            self._shown = share
            self._out.write(f"  {name}: {share:4.0%} of {_megabytes(size)}\n")
            self._out.flush()

    def _draw(self, share: float, done: int, size: int, seconds: float) -> None:
        speed = (done - self._first) / seconds if seconds > 0.5 else 0
        left = f", {(size - done) / speed:.0f} s left" if speed and done < size else ""
        rate = f"  {speed / 1e6:.1f} MB/s{left}" if speed else ""
        bar = ("━" * round(WIDTH * share)).ljust(WIDTH, "╌")
        line = f"\r\033[K  {self._name:24} {bar} {share:4.0%} of {_megabytes(size)}{rate}"
        self._out.write(line + ("\n" if done >= size else ""))
        self._out.flush()


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"
