"""The lines of a text file, one by one, with a look ahead; none is ever longer than memory allows."""

from collections import deque
from dataclasses import dataclass
from typing import TextIO

LONGEST_LINE = 65_536
ZERO = "\uffff"
"""In place of a zero byte, at which fields are split where there is no delimiter; no text holds it."""


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    whole: bool = True
    """False where the line is longer than `LONGEST_LINE` and only its start is here."""


class Lines:
    """Blank lines count, but aren't given."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._number = file, 0
        self._ahead: deque[Line] = deque()

    def take(self) -> Line | None:
        return self._ahead.popleft() if self._ahead else self._read()

    def peek(self, position: int = 0) -> Line | None:
        """The line that `take` gives after `position` others."""
        while len(self._ahead) <= position:
            line = self._read()
            if line is None:
                return None
            self._ahead.append(line)
        return self._ahead[position]

    def drop(self, count: int) -> None:
        for _ in range(count):
            self._ahead.popleft()

    def _read(self) -> Line | None:
        while read := self._file.readline(LONGEST_LINE):
            self._number += 1
            whole = read.endswith("\n") or len(read) < LONGEST_LINE
            if not whole:
                self._skip_rest()
            text = read.rstrip("\n").replace("\0", ZERO)
            if text.strip():
                return Line(self._number, text, whole)
        return None

    def _skip_rest(self) -> None:
        while (rest := self._file.readline(LONGEST_LINE)) and not rest.endswith("\n"):
            pass
