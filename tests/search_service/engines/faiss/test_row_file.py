"""Rows on disk: what was appended is read back, damage is noticed, and a full disk is said so."""

import errno
from pathlib import Path

import numpy as np
import pytest

from search_service.engines.arrays import Vectors
from search_service.engines.faiss.row_file import BLOCK, RowFile
from search_service.errors import BrokenSealError, StorageFull
from tests.search_service.samples import DIMENSION, vectors

ROWS = vectors(BLOCK + 100)


@pytest.fixture
def file(tmp_path: Path) -> RowFile:
    made = RowFile(tmp_path / "c.rows", DIMENSION)
    made.append(ROWS)
    return made


def test_rows_are_read_back_in_any_order(file: RowFile) -> None:
    assert file.append(ROWS[:3]) == len(ROWS)
    wanted = np.array([len(ROWS) + 2, 0, BLOCK, 0])
    assert np.array_equal(file.read(wanted), ROWS[[2, 0, BLOCK, 0]])


def test_reads_go_on_while_it_grows_beyond_its_mapping(tmp_path: Path) -> None:
    wide = RowFile(tmp_path / "wide.rows", 4096)
    rows = vectors(1500, 4096)
    for start in range(0, 4500, 1500):
        assert wide.append(rows) == start
    assert np.array_equal(wide.read(np.array([0, 4499])), rows[[0, -1]])


def test_checked_file_is_the_one_that_was_sealed(file: RowFile) -> None:
    digests, count = file.digests(), file.count
    file.append(ROWS[:50])  # as after the snapshot, before a crash
    again = RowFile.checked(file.path, DIMENSION, count, digests)
    assert again.count == count
    assert again.append(ROWS[5:6]) == count
    assert np.array_equal(again.read(np.array([count])), ROWS[5:6])
    assert len(again.digests()) == 2


@pytest.mark.parametrize("place", [0, BLOCK * DIMENSION * 4 - 1, (BLOCK + 99) * DIMENSION * 4])
def test_flipped_bit_is_noticed(file: RowFile, place: int) -> None:
    digests = file.digests()
    damaged = bytearray(file.path.read_bytes())
    damaged[place] ^= 4
    file.path.write_bytes(damaged)
    with pytest.raises(BrokenSealError, match="doesn't match the SHA-256"):
        RowFile.checked(file.path, DIMENSION, file.count, digests)


def test_missing_and_short_files_are_noticed(file: RowFile) -> None:
    digests = file.digests()
    with pytest.raises(BrokenSealError, match="shorter"):
        RowFile.checked(file.path, DIMENSION, 10**9, digests)
    file.delete()
    with pytest.raises(BrokenSealError, match="missing"):
        RowFile.checked(file.path, DIMENSION, file.count, digests)


class FullDisk(RowFile):
    def _write(self, rows: Vectors, offset: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_is_said_so_and_leaves_what_was_there(tmp_path: Path) -> None:
    full = FullDisk(tmp_path / "full.rows", DIMENSION)
    with pytest.raises(StorageFull):
        full.append(ROWS)
    assert full.count == 0
