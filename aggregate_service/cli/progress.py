"""How far a long command is: a bar in a terminal, a plain line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how many are done, how many there are (0: not known yet)."""
_LINE_SECONDS = 5.0


@contextmanager
def progress_lines(
    console: Console, *, in_percent: bool = False, clock: Callable[[], float] = monotonic
) -> Iterator[Progress]:
    if not console.is_terminal:
        yield _PlainLines(console, in_percent, clock)
        return
    counted = TaskProgressColumn() if in_percent else MofNCompleteColumn()
    columns = TextColumn("{task.description:<10}"), BarColumn(), counted, TimeRemainingColumn()
    with Bars(*columns, console=console) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step)
        self._bars.update(self._tasks[step], completed=done, total=total or None)


class _PlainLines:
    """A line every 5 s at most, and one when a step that took longer is complete."""

    def __init__(self, console: Console, in_percent: bool, clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._in_percent = in_percent
        self._next = clock() + _LINE_SECONDS
        self._begun: set[str] = set()

    def __call__(self, step: str, done: int, total: int) -> None:
        complete = done == total and step in self._begun
        if total == 0 or (self._clock() < self._next and not complete):
            return
        self._next = self._clock() + _LINE_SECONDS
        self._begun = self._begun - {step} if complete else self._begun | {step}
        counted = f"{done / total:.0%}" if self._in_percent else f"{done}/{total}"
        self._console.print(f"{step} {counted}", markup=False)
