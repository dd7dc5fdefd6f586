"""The FAISS file of one collection: a copy of the index that saves reading every vector at start."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_service.errors import BrokenSealError
from search_service.sealed_file import read_sealed, sidecar_of, write_sealed


class Snapshot:
    """Belongs to one collection by its `uid`, which not even a later collection of the same name has."""

    def __init__(self, folder: Path, uid: str) -> None:
        self.path = folder / f"{uid}.faiss"
        self._uid = uid

    def write(self, data: NDArray[np.uint8], generation: int) -> None:
        write_sealed(self.path, data, {"collection": self._uid, "generation": generation})

    def read(self) -> tuple[NDArray[np.uint8], int]:
        """The file's bytes and their generation; `BrokenSealError` when they can't be trusted."""
        data, facts = read_sealed(self.path)
        if facts.get("collection") != self._uid:
            raise BrokenSealError(f"{self.path.name} is another collection's")
        generation = facts.get("generation")
        if not isinstance(generation, int):
            raise BrokenSealError(f"the sidecar of {self.path.name} names no generation")
        return data, generation

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        sidecar_of(self.path).unlink(missing_ok=True)


def delete_strays(folder: Path, keep: set[str]) -> None:
    """Delete snapshots of collections that are gone, and files that a crash left half written."""
    for file in folder.glob("*.faiss*"):
        if file.name.split(".")[0] not in keep or file.suffix == ".part":
            file.unlink(missing_ok=True)
