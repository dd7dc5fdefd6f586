"""How far a long command is: a bar in a terminal, a plain line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

Progress = Callable[[str, int, int], None]
"""Called with the step's name, how many are done, how many there are."""
_LINE_SECONDS = 5.0


@contextmanager
def progress_lines(console: Console, clock: Callable[[], float] = monotonic) -> Iterator[Progress]:
    """What to call with (step, done, total)."""
    if not console.is_terminal:
        yield _PlainLines(console, clock)
        return
    columns = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._tasks[step], completed=done, total=total)


class _PlainLines:
    """A line every 5 s at most, and one when a step is complete."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console, self._clock = console, clock
        self._next = 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        if total == 0 or (done < total and self._clock() < self._next):
            return
        self._next = self._clock() + _LINE_SECONDS
        self._console.print(f"{step} {done}/{total}", markup=False)
