"""From a CSV or text file to its links, row by row: the first step of a links job."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from aggregate_service.links.columns import Columns, find_columns
from aggregate_service.links.encodings import encoding_of
from aggregate_service.links.errors import BadLink, NoLinks
from aggregate_service.links.lines import LONGEST_LINE, ZERO, Lines
from aggregate_service.links.link import normal_link
from aggregate_service.links.records import Record, Records
from aggregate_service.links.seen import SeenLinks
from service_kit.messages.message import message

LONGEST_LABEL = 100
_BETWEEN = re.compile(r"[,;|]")


@dataclass(frozen=True)
class Link:
    """One row's link in normal form (percent-encoded, host in ASCII), with what the row says of it.

    `row` is the line of the file where the row starts, from 1.
    """

    row: int
    url: str
    id: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class BadRow:
    """A row without a usable link; `detail` says what is wrong with it."""

    row: int
    detail: str


def read_links(path: Path) -> Iterator[Link | BadRow]:
    """The rows in the file's order, in constant memory; raises `NoLinks` at once, before the first row."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="replace") as file:
        columns = _columns(Lines(file))
    return _rows(path, encoding, columns)


def _columns(lines: Lines) -> Columns:
    first = [line for line in (lines.take() for _ in range(3)) if line is not None]
    if not first:
        raise NoLinks(message("file-empty"))
    columns = find_columns(first)
    if columns.header_lines == len(first):
        raise NoLinks(message("only-a-header"))
    return columns


def _rows(path: Path, encoding: str, columns: Columns) -> Iterator[Link | BadRow]:
    with path.open(encoding=encoding, errors="replace") as file:
        yield from _links(file, columns)


def _links(file: TextIO, columns: Columns) -> Iterator[Link | BadRow]:
    lines, seen = Lines(file), SeenLinks()
    for _ in range(columns.header_lines):
        lines.take()
    for record in Records(lines, columns):
        found = _link(record, columns)
        if isinstance(found, Link) and (first := seen.first_row(found.url, found.row)) is not None:
            found = BadRow(found.row, message("link-repeated", row=first))
        yield found


def _link(record: Record, columns: Columns) -> Link | BadRow:
    if not record.whole:
        return BadRow(record.row, message("row-too-long", most=f"{LONGEST_LINE:,}"))
    if any(ZERO in field for field in record.fields):
        return BadRow(record.row, message("row-not-storable"))
    if len(record.fields) <= columns.link:
        has = message("column-count", count=len(record.fields), width=columns.width)
        return BadRow(record.row, message("row-without-link", count=has))
    try:
        url = normal_link(record.fields[columns.link])
    except BadLink as problem:
        return BadRow(record.row, problem.detail)
    id_, title = _text(record, columns.id), _text(record, columns.title)
    labels = split_labels(_text(record, columns.labels))
    if any(len(label) > LONGEST_LABEL for label in labels):
        return BadRow(record.row, message("label-too-long", most=LONGEST_LABEL))
    return Link(record.row, url, id_, title, labels)


def _text(record: Record, column: int | None) -> str | None:
    if column is None or column >= len(record.fields):
        return None
    text = " ".join(record.fields[column].split())
    return (text.strip('" ') if text.count('"') % 2 else text) or None


def split_labels(text: str | None) -> tuple[str, ...]:
    """Several labels stand in one field, between commas, semicolons or bars, in brackets or without."""
    if text is None:
        return ()
    parts = (part.strip(" []'\"") for part in _BETWEEN.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))
