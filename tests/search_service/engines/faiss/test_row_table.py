"""Ids and their rows, against a dictionary that does the same."""

import numpy as np

from search_service.engines.faiss.row_table import DEAD, RowTable
from tests.search_service.samples import ids


def agrees(table: RowTable, expected: dict[int, int]) -> bool:
    there, rows = table.rows_of(np.arange(50))
    return (
        dict(zip(there.tolist(), rows.tolist(), strict=True)) == expected
        and table.ids.tolist() == sorted(expected)
        and table.ids_of(rows).tolist() == there.tolist()
        and table.dead == len(table.id_of_row) - len(expected)
    )


def test_random_changes_agree_with_a_dictionary() -> None:
    random, table, expected, row = np.random.default_rng(0), RowTable.of(ids()), dict[int, int](), 0
    for _ in range(200):
        some = random.choice(50, random.integers(0, 8), replace=False)
        if random.random() < 0.6:
            table = table.put(some, row)
            expected |= {int(i): row + n for n, i in enumerate(some)}
            row += len(some)
        else:
            table = table.without(some)
            expected = {i: at for i, at in expected.items() if i not in some}
        assert agrees(table, expected)
        assert agrees(RowTable.of(table.id_of_row), expected)


def test_rows_that_it_does_not_know_are_dead() -> None:
    table = RowTable.of(ids(7))
    assert table.ids_of(ids(0, 1, 99)).tolist() == [7, DEAD, DEAD]


def test_a_gap_of_rows_that_were_never_finished_is_dead() -> None:
    table = RowTable.of(ids(7)).put(ids(8), 3)
    assert table.id_of_row.tolist() == [7, DEAD, DEAD, 8]
