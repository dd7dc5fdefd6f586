"""How hits are printed: a table for people, paths for pipes."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from aggregate_service.cli.output import printable, say, stdout, table
from aggregate_service.client import Hit, SearchResult
from aggregate_service.client.answers import Result

NOTHING_CLOSE = "Nothing close in this collection."


def print_found(found: SearchResult, names: Sequence[str]) -> None:
    """For each query its hits; what has a problem, or nothing close, says so."""
    print_notes(found)
    for place, result in enumerate(found.results):
        if len(found.results) > 1:
            stdout().print(
                Text(f"{'' if place == 0 else chr(10)}{_name(result, names, place)}", style="bold")
            )
        if result.problem:
            stdout().print(f"{_name(result, names, place)}: {result.problem.detail}")
            continue
        if result.nothing_close or not result.similar:
            stdout().print(NOTHING_CLOSE)
        if result.similar:
            _print_hits(result.similar, faint=result.nothing_close)


def print_notes(found: SearchResult) -> None:
    for note in filter(None, [found.notice, *(note.detail for note in found.notes)]):
        say(f"Note: {note}")


def print_paths(found: SearchResult, server: str, folders: Sequence[Path], end: str) -> None:
    """Each hit once: its file in one of these folders of this machine, else the address of the picture."""
    seen: dict[str, None] = {}
    for result in found.results:
        if result.problem:
            say(f"{result.filename}: {result.problem.detail}")
        for hit in result.similar:
            seen[_usable(hit, folders, server)] = None
    for path in seen:
        sys.stdout.write(path + end)


def _print_hits(hits: Sequence[Hit], faint: bool) -> None:
    stands_out = any(hit.relevance is not None for hit in hits)
    folded = any(hit.duplicates for hit in hits)
    columns = ["score", *(["relevance"] if stands_out else []), "id", "picture"]
    columns += ["duplicates"] if folded else []
    made = table(*columns, right=("score", "relevance", "id", "duplicates"))
    for hit in hits:
        row = [f"{hit.score:.3f}"]
        if stands_out:
            row.append("" if hit.relevance is None else f"{hit.relevance:.0%}")
        row += [str(hit.index), hit.title or printable(hit.path)]
        if folded:
            row.append(str(hit.duplicates or ""))
        made.add_row(*(Text(cell) for cell in row), style="dim" if faint else None)
    stdout().print(made)


def _name(result: Result, names: Sequence[str], place: int) -> str:
    if place < len(names):
        return printable(names[place])
    return printable(result.filename or result.text or "")


def _usable(hit: Hit, folders: Sequence[Path], server: str) -> str:
    if Path(hit.path).is_absolute():
        return hit.path
    for folder in folders:
        if (folder / hit.path).is_file():
            return str((folder / hit.path).absolute())
    return server + hit.url
