"""What the launcher prints: lines, and how far a download or a drawing is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from rich.console import Console

from aggregate_service.cli.progress import progress_lines

console = Console(highlight=False, soft_wrap=True)


def say(line: str) -> None:
    console.print(line, markup=False)


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Yields `report(done, total)`."""
    with progress_lines(console, in_percent=True) as progress:
        yield partial(progress, title)
