"""The files of one collection's index: a copy that saves reading and sorting every vector at start."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from search_service.errors import BrokenSealError
from search_service.portable.sealed_file import read_sealed, sidecar_of, write_sealed


@dataclass(frozen=True)
class Saved:
    """An index as bytes; an approximate one has its vectors in a file beside it, named by `rows`."""

    data: NDArray[np.uint8]
    generation: int
    kind: str
    rows: str | None = None


class Snapshot:
    """Belongs to one collection by its `uid`, which not even a later collection of the same name has."""

    def __init__(self, folder: Path, uid: str) -> None:
        self.path = folder / f"{uid}.faiss"
        self._uid = uid

    def write(self, saved: Saved) -> None:
        facts = {"generation": saved.generation, "kind": saved.kind, "rows": saved.rows}
        facts |= {"collection": self._uid}
        write_sealed(self.path, saved.data, facts | {"facts_sha256": _sha256(facts)})

    def read(self) -> Saved:
        """`BrokenSealError` when it can't be trusted."""
        data, facts = read_sealed(self.path)
        sealed = {name: facts.get(name) for name in ("generation", "kind", "rows", "collection")}
        if facts.get("facts_sha256") != _sha256(sealed):  # a later generation would miss writes
            raise BrokenSealError(f"the sidecar of {self.path.name} is damaged")
        if facts.get("collection") != self._uid:
            raise BrokenSealError(f"{self.path.name} is another collection's")
        generation, kind, rows = (facts.get(name) for name in ("generation", "kind", "rows"))
        if not isinstance(generation, int) or not isinstance(kind, str):
            raise BrokenSealError(f"the sidecar of {self.path.name} names no generation or no kind")
        if rows is not None and not (isinstance(rows, str) and rows.startswith(f"{self._uid}.")):
            raise BrokenSealError(f"the sidecar of {self.path.name} names another collection's vectors")
        return Saved(data, generation, kind, rows)

    def rows(self, name: str | None = None) -> Path:
        """The path of a file of vectors; without a name, a new one."""
        return self.path.with_name(name or f"{self._uid}.{uuid4().hex[:8]}.rows")

    def delete_rows(self, keep: Path | None = None) -> None:
        for file in self.path.parent.glob(f"{self._uid}.*.rows"):
            if file != keep:
                file.unlink(missing_ok=True)

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)
        sidecar_of(self.path).unlink(missing_ok=True)
        self.delete_rows()


def _sha256(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def delete_strays(folder: Path, keep: set[str]) -> None:
    """Delete files of collections that are gone, and files that a crash left half written."""
    for file in [*folder.glob("*.faiss*"), *folder.glob("*.rows")]:
        if file.name.split(".")[0] not in keep or file.suffix == ".part":
            file.unlink(missing_ok=True)
