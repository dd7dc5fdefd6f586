"""Which id is in which row of a `RowFile`; a row that no id points to is dead."""

from dataclasses import dataclass

import numpy as np

from search_service.engines.arrays import Ids
from search_service.engines.faiss.row_file import Rows

DEAD = -1


@dataclass(frozen=True)
class RowTable:
    """Never changed, only replaced: a reader that holds one sees one moment of the index.

    24 bytes an id. A change copies it: about 25 ms at a million ids, whatever the number of changes.
    """

    ids: Ids  # ascending
    rows: Rows  # of each id
    id_of_row: Ids  # of each row, DEAD where there's none

    @classmethod
    def of(cls, id_of_row: Ids) -> "RowTable":
        rows = np.flatnonzero(id_of_row != DEAD)
        order = np.argsort(id_of_row[rows], kind="stable")
        return cls(id_of_row[rows][order], rows[order], id_of_row)

    def put(self, ids: Ids, first: int) -> "RowTable":
        """The ids are in the rows from `first` on; the rows they had are dead."""
        order = np.argsort(ids)
        ids, rows = ids[order], first + order
        places = np.searchsorted(self.ids, ids)
        known = self._is_at(ids, places)
        id_of_row = np.full(first + len(ids), DEAD, np.int64)
        id_of_row[: len(self.id_of_row)] = self.id_of_row
        id_of_row[self.rows[places[known]]] = DEAD
        id_of_row[rows] = ids
        of_known = self.rows.copy()
        of_known[places[known]] = rows[known]
        return RowTable(
            np.insert(self.ids, places[~known], ids[~known]),
            np.insert(of_known, places[~known], rows[~known]),
            id_of_row,
        )

    def without(self, ids: Ids) -> "RowTable":
        places = self._places(ids)
        id_of_row = self.id_of_row.copy()
        id_of_row[self.rows[places]] = DEAD
        return RowTable(np.delete(self.ids, places), np.delete(self.rows, places), id_of_row)

    def rows_of(self, ids: Ids) -> tuple[Ids, Rows]:
        """Those of the ids that are there, ascending, and their rows."""
        places = self._places(ids)
        return self.ids[places], self.rows[places]

    def ids_of(self, rows: Rows) -> Ids:
        """DEAD also for rows that this table is too old to know."""
        known = rows < len(self.id_of_row)
        return np.where(known, self.id_of_row[np.where(known, rows, 0)], DEAD)

    @property
    def dead(self) -> int:
        return len(self.id_of_row) - len(self.ids)

    @property
    def bytes(self) -> int:
        return self.ids.nbytes + self.rows.nbytes + self.id_of_row.nbytes

    def _places(self, ids: Ids) -> Rows:
        ids = np.unique(ids)
        places = np.searchsorted(self.ids, ids)
        found: Rows = places[self._is_at(ids, places)]
        return found

    def _is_at(self, ids: Ids, places: Rows) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        inside = places < len(self.ids)
        same = np.zeros(len(ids), np.bool_)
        same[inside] = self.ids[places[inside]] == ids[inside]
        return same
