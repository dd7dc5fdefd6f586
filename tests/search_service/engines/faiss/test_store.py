"""The truth: whole transactions, generations, one owner, and a full disk that harms nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from search_service.engines.faiss.store import CollectionRecord, Store
from search_service.errors import StorageFull
from tests.search_service.samples import ENCODER, ids, vectors


def test_survives_reopening(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "vectors.db")) as store:
        record = store.create("c", ENCODER, ids(3, 1), vectors(2))
    with closing(Store(tmp_path / "vectors.db")) as again:
        assert again.records() == [record]
        there, rows = again.get(record, ids(1, 2, 3))
    assert there.tolist() == [1, 3]
    assert np.array_equal(rows, vectors(2)[::-1])


BEFORE_OWNERS = """
CREATE TABLE collections (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    encoder TEXT NOT NULL,
    dimension INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0
);
INSERT INTO collections VALUES (7, 'u', 'c', 'fake/encoder@1:8', 8, 3, 1);
"""


def test_collections_from_before_there_were_owners_have_none(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as db:
        db.executescript(BEFORE_OWNERS)
    for owner in (None, "mine"):
        with closing(Store(tmp_path / "vectors.db")) as store:
            record = CollectionRecord(7, "u", "c", ENCODER, 8, owner)
            assert store.records() == [record]
            assert (store.generation(record), store.default()) == (3, "c")
            store.hand_over(record, "mine")


def test_is_write_ahead_logged_and_fully_synchronous(store: Store) -> None:
    assert store._read("PRAGMA journal_mode") == [("wal",)]
    assert store._read("PRAGMA synchronous") == [(2,)]


def test_a_file_of_vectors_is_little_more_than_its_vectors(tmp_path: Path) -> None:
    store = Store(tmp_path / "vectors.db")
    store.create("c", ENCODER, np.arange(2000), vectors(2000, 512))
    store.close()
    assert (tmp_path / "vectors.db").stat().st_size < 1.25 * 2000 * 512 * 4


def test_a_file_with_other_pages_stays_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as db:
        db.execute("PRAGMA page_size = 4096")
        db.execute("CREATE TABLE something (x)")
    with closing(Store(tmp_path / "vectors.db")) as store:
        record = store.create("c", ENCODER, ids(1), vectors(1))
        assert store._read("PRAGMA page_size") == [(4096,)]
        assert store.ids(record).tolist() == [1]


def test_generation_grows_and_marks_what_was_written(store: Store) -> None:
    record = store.create("c", ENCODER, ids(1, 2), vectors(2))
    assert store.generation(record) == 1
    assert store.put(record, ids(2, 3), vectors(2)) == 2
    assert store.delete(record, ids(1, 50)) == 3
    assert store.ids(record).tolist() == [2, 3]
    assert store.ids(record, since=1).tolist() == [2, 3]
    assert store.ids(record, since=2).tolist() == []


def test_default_is_the_first_created_unless_chosen(store: Store) -> None:
    assert store.default() is None
    first, second, third = (store.create(name, ENCODER, ids(1), vectors(1)) for name in "zab")
    assert store.default() == "z"
    store.set_default(third)
    assert store.default() == "b"
    store.drop(third)
    assert store.default() == "z"
    store.drop(first)
    assert store.default() == second.name


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    first = Store(tmp_path / "vectors.db")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Store(tmp_path / "vectors.db")
    first.close()
    Store(tmp_path / "vectors.db").close()


def test_a_store_that_cannot_be_opened_holds_its_file_no_longer(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "vectors.db")) as db:
        db.execute("CREATE TABLE vectors (in_the_way TEXT)")
    with pytest.raises(sqlite3.OperationalError, match="no such column") as refused:
        Store(tmp_path / "vectors.db")
    with closing(sqlite3.connect(tmp_path / "vectors.db", timeout=0)) as db:
        db.execute("DROP TABLE vectors")
    Store(tmp_path / "vectors.db").close()
    assert refused.tb is not None  # all the while, what failed was still referred to


def test_full_disk_keeps_what_was_there_and_goes_on_when_there_is_room(store: Store) -> None:
    record = store.create("c", ENCODER, ids(1), vectors(1))
    store._read("PRAGMA max_page_count = 12")
    with pytest.raises(StorageFull):
        store.put(record, np.arange(5000), vectors(5000))
    assert store.ids(record).tolist() == [1]
    assert store.generation(record) == 1
    store._read("PRAGMA max_page_count = 100000")
    assert store.put(record, np.arange(5000), vectors(5000)) == 2
