"""The approximate index: candidates from codes in memory, ranked exactly by float32 vectors on disk."""

from dataclasses import asdict, dataclass
from math import ceil, sqrt
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.base import ANY_ID, Hits, IdFilter, IndexStats, VectorIndex
from search_service.engines.faiss.ivf_codes import IvfCodes
from search_service.engines.faiss.row_file import RowFile, Rows
from search_service.engines.faiss.row_table import DEAD, RowTable
from search_service.engines.faiss.top import exact_hits
from search_service.engines.recall import KINDS, worst
from search_service.engines.total_order import best_first, exact_scores
from search_service.errors import BrokenSealError
from service_kit.arrays import from_npz, to_npz
from service_kit.problems import BadRequest

_DIGEST = 32
_EVERY = 64  # row that isn't trained with, so that new pictures' recall can be told


@dataclass(frozen=True)
class Effort:
    """How hard to search: of `lists` inverted lists, how many are probed, for how many candidates."""

    lists: int
    probed: int
    candidates: int = 100

    @classmethod
    def least(cls, lists: int) -> "Effort":
        return cls(lists, max(1, lists // 128))

    def harder(self) -> "list[Effort]":
        """One step further, in each direction that is left."""
        probed = min(self.lists, max(self.probed + 1, self.probed * 4 // 3))
        wider = [Effort(self.lists, probed, self.candidates)] if self.probed < self.lists else []
        deeper = [Effort(self.lists, self.probed, self.candidates * 2)] if self.candidates < 3000 else []
        return wider + deeper


class FaissIvf(VectorIndex):
    """Volatile but for its row file: `dump` and `restore` are its way to disk and back.

    An added vector is a new row; a removed one leaves a dead row behind, skipped in every search from that
    moment on, until the index is rebuilt.
    """

    def __init__(self, codes: IvfCodes, file: RowFile, table: RowTable, effort: Effort) -> None:
        self.dimension = file.dimension
        self.file, self.codes = file, codes
        self.effort = effort
        self.recall: dict[str, float] = {}  # by kind of query
        self.changed = 0  # vectors added or removed since recall was measured
        self._table = table
        self._one_writer = Lock()
        self._writes = 0

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        with self._one_writer:
            first = self.file.append(vectors)
            self.codes.add(vectors, first)
            self._table = self._table.put(ids, first)
            self._wrote(len(ids))

    def remove(self, ids: Ids) -> int:
        with self._one_writer:
            before = len(self._table.ids)
            self._table = self._table.without(ids)
            removed = before - len(self._table.ids)
            self._wrote(removed)
            return removed

    def search(self, queries: Vectors, k: int, only: IdFilter = ANY_ID) -> list[Hits]:
        if only.allow is not None:
            allowed = only.allow if only.deny is None else np.setdiff1d(only.allow, only.deny)
            return self.search_exactly(queries, k, allowed)
        wanted = max(self.effort.candidates, 3 * k)
        found = self.codes.candidates(queries, self._probed(wanted), wanted)
        return [
            self._ranked(query, rows, k, wanted, only) for query, rows in zip(queries, found, strict=True)
        ]

    def search_exactly(self, queries: Vectors, k: int, among: Ids | None = None) -> list[Hits]:
        """By reading every vector, or every vector of the ids in `among`."""
        table = self._table
        ids, rows = (table.ids, table.rows) if among is None else table.rows_of(among)
        in_order = np.argsort(rows)
        return exact_hits(queries, ids[in_order], rows[in_order], self.file.read, k)

    def get(self, ids: Ids) -> tuple[Ids, Vectors]:
        there, rows = self._table.rows_of(ids)
        return there, self.file.read(rows)

    def ids(self, after: int = -1, limit: int | None = None) -> Ids:
        ids = self._table.ids
        return ids[np.searchsorted(ids, after, side="right") :][:limit]

    def stats(self) -> IndexStats:
        table = self._table
        return IndexStats(
            "ivf",
            len(table.ids),
            self.codes.bytes + table.bytes,
            self._writes,
            worst(self.recall),
            asdict(self.effort),
            dict(self.recall),
        )

    def held_out_ids(self) -> Ids:
        """Those of the vectors that the lists weren't trained with."""
        table = self._table
        return table.ids[is_held_out(table.rows)]

    @property
    def dead(self) -> int:
        """Rows that only a rebuild gives back."""
        return self._table.dead

    def dump(self) -> NDArray[np.uint8]:
        """Everything but the vectors, of which it holds the checksums. They are on disk when it returns."""
        self.file.sync()
        digests = np.frombuffer(b"".join(self.file.digests()), np.uint8)
        recall = np.array([self.recall.get(kind, np.nan) for kind in KINDS])
        facts = np.array([self.file.count, self.effort.probed, self.effort.candidates])
        archive = to_npz(
            codes=self.codes.dump(),
            id_of_row=self._table.id_of_row,
            digests=digests,
            recall=recall,
            facts=facts,
        )
        return np.frombuffer(archive, np.uint8)

    @classmethod
    def restore(cls, data: NDArray[np.uint8], path: Path, dimension: int) -> "FaissIvf":
        """What `dump` wrote, with its row file; `BrokenSealError` when that one isn't what it was."""
        names = ("codes", "id_of_row", "digests", "recall", "facts")
        try:
            dumped, id_of_row, digests, recall, facts = from_npz(data.tobytes(), *names)
        except BadRequest as reason:
            raise BrokenSealError("it isn't what an approximate index saves") from reason
        count, probed, candidates = facts.tolist()
        sealed = digests.tobytes()
        each = [sealed[start : start + _DIGEST] for start in range(0, len(sealed), _DIGEST)]
        file = RowFile.checked(path, dimension, count, each)
        codes = IvfCodes.restore(dumped.astype(np.uint8, copy=False))
        table = RowTable.of(id_of_row.astype(np.int64, copy=False))
        restored = cls(codes, file, table, Effort(codes.lists, probed, candidates))
        if recall.shape == (len(KINDS),):  # an older service measured one kind: it is measured anew
            restored.recall = {
                kind: float(r) for kind, r in zip(KINDS, recall, strict=True) if not np.isnan(r)
            }
        return restored

    def _wrote(self, changed: int) -> None:
        self._writes += 1
        self.changed += changed

    def _probed(self, wanted: int) -> int:
        """More lists where more candidates are wanted than the effort was tuned for; all for all."""
        if wanted >= self.codes.count:
            return self.codes.lists
        return ceil(self.effort.probed * sqrt(max(1.0, wanted / self.effort.candidates)))

    def _ranked(self, query: Vectors, rows: Rows, k: int, wanted: int, only: IdFilter) -> Hits:
        """The best of the candidates; searched deeper while the dead and the denied leave too few."""
        table = self._table
        while True:
            ids = table.ids_of(rows)
            keep = ids != DEAD if only.deny is None else (ids != DEAD) & ~np.isin(ids, only.deny)
            if 2 * keep.sum() >= wanted or wanted >= self.codes.count:
                break
            wanted *= 4
            (rows,) = self.codes.candidates(query[np.newaxis], self._probed(wanted), wanted)
        (scores,) = exact_scores(query[np.newaxis], self.file.read(rows[keep]))
        return best_first(ids[keep], scores, k)


def is_held_out(rows: Rows) -> NDArray[np.bool_]:
    """By its number alone, so that a restored index knows it too."""
    held_out: NDArray[np.bool_] = rows % _EVERY == _EVERY - 1
    return held_out
