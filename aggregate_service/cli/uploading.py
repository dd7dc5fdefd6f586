"""Sending files to the service: in requests of a size that it takes, each of which becomes a job."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from picture_files.formats import SUFFIXES

_FILES = 200  # far under the service's MAX_UPLOAD_FILES: all of them are open at once
_BYTES = 100_000_000  # under its MAX_REQUEST_MB, with room for the form around the files
LISTS = (".csv", ".txt")
VECTORS = ".npy"


def pictures_below(folder: Path) -> list[Path]:
    """What has the name of a picture, at every depth; links to folders aren't followed."""
    files = (Path(above, name) for above, _, names in os.walk(folder) for name in names)
    return sorted(file for file in files if file.suffix.lower() in SUFFIXES and file.is_file())


def requests(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Vectors with their list are one request, a list of links is one of its own, pictures fill theirs."""
    if any(is_vectors(file) for file in files):
        yield list(files)
        return
    for file in files:
        if is_list(file):
            yield [file]
    batch: list[Path] = []
    weight = 0
    for file in files:
        if is_list(file):
            continue
        size = file.stat().st_size
        if batch and (len(batch) == _FILES or weight + size > _BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(file)
        weight += size
    if batch:
        yield batch


def is_list(file: Path) -> bool:
    return file.suffix.lower() in LISTS


def is_vectors(file: Path) -> bool:
    return file.suffix.lower() == VECTORS
