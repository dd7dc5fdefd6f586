"""Vectors made elsewhere: an `.npy` of shape (n, d) and its list of n paths or links, read row by row."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from aggregate_service.errors import UnusableVectors
from service_kit.messages.message import message

PLACE_COLUMNS = ("path", "url", "link", "image_url", "image", "file", "filename")
_SHORTEST = 1e-12
_LONGEST_LINE = 65_536
_LARGEST_JSON = 32_000_000


class VectorFile:
    """Float32 or float16/64 rows on disk; a row is read when it's asked for."""

    def __init__(self, path: Path, name: str) -> None:
        self._rows = _mapped(path, name)
        self.count, self.dimension = self._rows.shape

    def unit(self, row: int) -> NDArray[np.float32]:
        """One row at unit length; `UnusableVectors` for NaN, infinite or zero ones."""
        with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite, and is refused
            vector = np.asarray(self._rows[row], np.float32)
        length = float(np.linalg.norm(vector.astype(np.float64)))
        if not np.isfinite(length):
            raise UnusableVectors(message("vector-not-finite"))
        if length < _SHORTEST:
            raise UnusableVectors(message("vector-zero"))
        return np.asarray(vector / length, np.float32)


def read_places(path: Path, name: str) -> Iterator[str]:
    """The paths or links of a list, in its order: text lines, a JSON list, or a CSV column."""
    match Path(name).suffix.lower():
        case ".json":
            yield from _json_places(path, name)
        case ".csv":
            yield from _csv_places(path, name)
        case _:
            yield from _text_places(path, name)


def check_vectors(vectors: VectorFile, places: Iterator[str], list_name: str, dimension: int) -> int:
    """How many rows both have; `UnusableVectors` when they don't fit each other or the encoder."""
    if vectors.dimension != dimension:
        raise UnusableVectors(
            message("vectors-of-another-size", count=vectors.dimension, dimension=dimension)
        )
    count = sum(1 for _ in places)
    if count != vectors.count:
        raise UnusableVectors(
            message("vectors-miscounted", count=vectors.count, places=count, name=list_name)
        )
    if count == 0:
        raise UnusableVectors(message("no-vectors"))
    return count


def _mapped(path: Path, name: str) -> NDArray[np.generic]:
    try:
        rows = np.lib.format.open_memmap(path, mode="r")
    except Exception as error:  # the header is Python source that NumPy evaluates: it may raise anything
        raise UnusableVectors(message("npy-unreadable", name=name)) from error
    if rows.ndim != 2 or rows.dtype.kind != "f":
        raise UnusableVectors(message("vectors-not-float32", name=name))
    return rows


def _lines(file: TextIO, name: str) -> Iterator[str]:
    """As they are; `UnusableVectors` for one that no path and no link could be."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise UnusableVectors(message("line-too-long", name=name, most=_LONGEST_LINE))
        yield line


def _text_places(path: Path, name: str) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for line in _lines(file, name):
                yield line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise UnusableVectors(message("text-not-utf-8", name=name)) from error


def _json_places(path: Path, name: str) -> Iterator[str]:
    if path.stat().st_size > _LARGEST_JSON:
        raise UnusableVectors(message("list-too-large", name=name, limit=f"{_LARGEST_JSON / 1e6:g}"))
    try:
        listed = json.loads(path.read_bytes())
    except RecursionError as error:
        raise UnusableVectors(message("list-not-json", name=name)) from error
    except ValueError as error:
        raise UnusableVectors(message("json-unreadable", name=name, error=str(error))) from error
    if not isinstance(listed, list) or not all(isinstance(place, str) for place in listed):
        raise UnusableVectors(message("list-not-json", name=name))
    yield from listed


def _csv_places(path: Path, name: str) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.reader(_lines(file, name))
            first = next(rows, [])
            column = _column(first, name)
            if first and first[column].strip().lower() not in PLACE_COLUMNS:
                yield first[column]
            for number, row in enumerate(rows, 2):
                if row and len(row) <= column:
                    raise UnusableVectors(
                        message("row-lacks-column", name=name, row=number, column=column + 1)
                    )
                if row:
                    yield row[column]
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnusableVectors(message("csv-unreadable", name=name, error=str(error))) from error


def _column(first: list[str], name: str) -> int:
    names = [cell.strip().lower() for cell in first]
    for wanted in PLACE_COLUMNS:
        if wanted in names:
            return names.index(wanted)
    if len(first) > 1:
        raise UnusableVectors(message("list-lacks-column", name=name, columns=" or ".join(PLACE_COLUMNS[:3])))
    return 0
