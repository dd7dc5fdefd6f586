"""How far something is: a bar for people, few lines for logs."""

from io import StringIO

from rich.console import Console

from aggregate_service.cli.progress import progress_lines


def test_a_terminal_gets_a_bar() -> None:
    screen = StringIO()
    with progress_lines(Console(file=screen, force_terminal=True)) as progress:
        progress("Indexing", 0, 0)
        for done in range(11):
            progress("Indexing", done, 10)
    assert "10/10" in screen.getvalue()
    assert "\x1b" in screen.getvalue()


def test_elsewhere_lines_are_few() -> None:
    screen, now = StringIO(), 0.0
    with progress_lines(Console(file=screen), clock=lambda: now) as progress:
        for done in range(1001):
            now = done / 64
            progress("Indexing", done, 1000)
        progress("Nothing", 0, 0)
    assert screen.getvalue().splitlines() == [f"Indexing {done}/1000" for done in (320, 640, 960, 1000)]


def test_what_nobody_counts_is_told_in_percent() -> None:
    screen, times = StringIO(), iter((0, 5, 6, 7, 8, 9))
    with progress_lines(Console(file=screen), in_percent=True, clock=lambda: next(times)) as progress:
        for done in (1_500_000, 3_000_000, 6_000_000):
            progress("Downloading", done, 6_000_000)
    assert screen.getvalue().splitlines() == ["Downloading 25%", "Downloading 100%"]


def test_what_is_done_at_once_says_nothing() -> None:
    screen = StringIO()
    with progress_lines(Console(file=screen)) as progress:
        for done in range(4):
            progress("Indexing", done, 3)
    assert screen.getvalue() == ""
