"""A CSV of labels: which pictures it names, and what each shows."""

import csv
from collections.abc import Iterator
from pathlib import Path

from aggregate_service.evaluation.errors import UnusableLabels
from aggregate_service.links.columns import LABEL_NAMES, LINK_NAMES, TITLE_NAMES, plain_name
from aggregate_service.links.encodings import encoding_of
from aggregate_service.links.table import LONGEST_LABEL, split_labels
from service_kit.messages.message import message

_PICTURE_NAMES = ("path", "filename", "file", "filepath", *LINK_NAMES, *TITLE_NAMES, "id")
_DELIMITERS = ",;\t"
_MOST_ROWS = 2_000_000


def read_labels(path: Path, name: str) -> dict[str, set[str]]:
    """What each picture shows, by its name in the list; one without labels was looked at, and shows none.

    `UnusableLabels` for a file without columns for both, and for one without a row.
    """
    found: dict[str, set[str]] = {}
    with path.open(encoding=encoding_of(path), errors="replace", newline="") as file:
        try:
            for picture, labels in _rows(csv.reader(file, delimiter=_delimiter(path)), name):
                found.setdefault(picture, set()).update(labels)
                if len(found) > _MOST_ROWS:
                    raise UnusableLabels(message("labels-too-many-rows", name=name, most=f"{_MOST_ROWS:,}"))
        except csv.Error as error:
            raise UnusableLabels(message("csv-unreadable", name=name, error=str(error))) from error
    if not found:
        raise UnusableLabels(message("labels-without-rows", name=name))
    return found


def _delimiter(path: Path) -> str:
    with path.open(encoding=encoding_of(path), errors="replace") as file:
        first = file.readline()
    return max(_DELIMITERS, key=first.count)


def _rows(lines: Iterator[list[str]], name: str) -> Iterator[tuple[str, list[str]]]:
    header = [plain_name(cell) for cell in next(lines, [])]
    picture, labels = (_column(header, names) for names in (_PICTURE_NAMES, LABEL_NAMES))
    if picture is None or labels is None:
        raise UnusableLabels(message("labels-without-columns", name=name))
    for cells in lines:
        if len(cells) > picture and (named := _path(cells[picture])):
            yield named, _labels(cells[labels:] if labels == len(header) - 1 else cells[labels : labels + 1])


def _labels(cells: list[str]) -> list[str]:
    """The last column may go on: an unquoted list of labels, separated as the columns are."""
    return [label[:LONGEST_LABEL] for cell in cells for label in split_labels(cell)]


def _path(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./")


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    return next((header.index(plain_name(name)) for name in names if plain_name(name) in header), None)
