"""Where commands write: what was asked for to stdout, everything about it to stderr."""

import json
import sys
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

_UNBROKEN = 10_000  # columns


def stdout() -> Console:
    """Made anew for each use: a test, or a pipe, may have replaced the stream. A pipe gets whole lines."""
    width = None if sys.stdout.isatty() else _UNBROKEN
    return Console(width=width, highlight=False, soft_wrap=True, markup=False)


def stderr() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


def confirm(does: str, question: str) -> None:
    """`Abort` unless the person says yes; where nobody can be asked, nothing is done."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"{does}, and nobody can be asked here: add --yes.")
    typer.confirm(question, abort=True)


def say(line: str) -> None:
    print(line, file=sys.stderr)


def print_json(value: BaseModel | dict[str, Any] | list[Any]) -> None:
    """One document, as it stands, whatever the terminal's width."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    print(json.dumps(value, ensure_ascii=False, indent=2))


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def printable(text: str) -> str:
    """A file's name as one line that can't command the terminal."""
    return text if text.isprintable() else repr(text)
