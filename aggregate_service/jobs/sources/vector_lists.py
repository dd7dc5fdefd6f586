"""Vectors made elsewhere: an `.npy` of shape (n, d) and its list of n paths or links, read row by row."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aggregate_service.errors import UnusableVectors

PLACE_COLUMNS = ("path", "url", "link", "image_url", "image", "file", "filename")
_SHORTEST = 1e-12


class VectorFile:
    """Float32 or float16/64 rows on disk; a row is read when it's asked for."""

    def __init__(self, path: Path, name: str) -> None:
        self._rows = _mapped(path, name)
        self.count, self.dimension = self._rows.shape

    def unit(self, row: int) -> NDArray[np.float32]:
        """One row at unit length; `UnusableVectors` for NaN, infinite or zero ones."""
        vector = np.asarray(self._rows[row], np.float32)
        length = float(np.linalg.norm(vector.astype(np.float64)))
        if not np.isfinite(length):
            raise UnusableVectors("The vector holds NaN or infinite numbers.")
        if length < _SHORTEST:
            raise UnusableVectors("The vector is zero: it has no direction to compare by.")
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
            f"The vectors have {vectors.dimension} numbers each; the encoder in use makes {dimension}. "
            "Send vectors of the same encoder, or let the pictures be embedded here."
        )
    count = sum(1 for _ in places)
    if count != vectors.count:
        raise UnusableVectors(
            f"There are {vectors.count} vectors, but {count} paths or links in {list_name}: "
            "send one for each vector, in the same order."
        )
    if count == 0:
        raise UnusableVectors("There are no vectors in the file.")
    return count


def _mapped(path: Path, name: str) -> NDArray[np.generic]:
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise UnusableVectors(f"{name} isn't a readable .npy file: write it with numpy.save.") from error
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype.kind != "f":
        raise UnusableVectors(f"{name} must hold one float32 array of shape (n, d).")
    return rows


def _text_places(path: Path, name: str) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            for line in file:
                yield line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise UnusableVectors(f"{name} isn't UTF-8 text.") from error


def _json_places(path: Path, name: str) -> Iterator[str]:
    try:
        listed = json.loads(path.read_bytes())
    except ValueError as error:
        raise UnusableVectors(f"{name} isn't JSON: {error}") from error
    if not isinstance(listed, list) or not all(isinstance(place, str) for place in listed):
        raise UnusableVectors(f"{name} must be a JSON list of paths or links.")
    yield from listed


def _csv_places(path: Path, name: str) -> Iterator[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.reader(file)
            first = next(rows, [])
            column = _column(first, name)
            if first and first[column].strip().lower() not in PLACE_COLUMNS:
                yield first[column]
            for number, row in enumerate(rows, 2):
                if row and len(row) <= column:
                    raise UnusableVectors(f"{name}: row {number} has no column {column + 1}.")
                if row:
                    yield row[column]
        except (UnicodeDecodeError, csv.Error) as error:
            raise UnusableVectors(f"{name} can't be read as UTF-8 CSV: {error}") from error


def _column(first: list[str], name: str) -> int:
    names = [cell.strip().lower() for cell in first]
    for wanted in PLACE_COLUMNS:
        if wanted in names:
            return names.index(wanted)
    if len(first) > 1:
        raise UnusableVectors(f"{name} needs a column named {' or '.join(PLACE_COLUMNS[:3])}.")
    return 0
