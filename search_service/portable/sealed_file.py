"""Index files that can be trusted: written whole or not at all, and read only when their SHA-256 matches.

FAISS loads most damaged files without complaint, and a killed `write_index` leaves half a file.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_service.errors import BrokenSealError


def sidecar_of(path: Path) -> Path:
    return path.with_name(path.name + ".json")


def write_sealed(path: Path, data: NDArray[np.uint8], facts: dict[str, Any]) -> str:
    """Write the file, then its sidecar `{"sha256", **facts}`; returns the checksum.

    A crash between the two leaves a pair that doesn't match: noticed, never trusted.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, data.data)
    return write_seal(path, data, facts)


def write_seal(path: Path, data: NDArray[np.uint8], facts: dict[str, Any]) -> str:
    sha256 = hashlib.sha256(data.data).hexdigest()
    sidecar = json.dumps({"sha256": sha256} | facts, indent=1) + "\n"
    _replace(sidecar_of(path), sidecar.encode())
    return sha256


def read_sealed(path: Path) -> tuple[NDArray[np.uint8], dict[str, Any]]:
    """The file's bytes and its sidecar; `BrokenSealError`, in one line, unless the checksum matches.

    The very bytes that were checked are returned, so the file can't change in between.
    """
    facts = _read_sidecar(sidecar_of(path))
    data = read_bytes(path)
    if hashlib.sha256(data.data).hexdigest() != facts.get("sha256"):
        raise BrokenSealError(f"{path.name} doesn't match the SHA-256 in {sidecar_of(path).name}")
    return data, facts


def read_bytes(path: Path) -> NDArray[np.uint8]:
    try:
        return np.fromfile(path, np.uint8)
    except OSError as error:
        raise BrokenSealError(f"{path.name} can't be read: {error.strerror}") from error


def _read_sidecar(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_bytes())
    except OSError as error:
        raise BrokenSealError(f"its sidecar {path.name} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise BrokenSealError(f"its sidecar {path.name} isn't JSON") from error
    if not isinstance(facts, dict):
        raise BrokenSealError(f"its sidecar {path.name} isn't a JSON object")
    return facts


def _replace(path: Path, data: bytes | memoryview) -> None:
    """Written aside, fsynced, renamed into place; the rename is fsynced too."""
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)  # noqa: PTH105  (the same call, by the name that says what it does)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
