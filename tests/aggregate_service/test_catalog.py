"""The catalogue: ids from 0, never reused; what is indexed where."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalog import Catalog, Facts, Picture

FACTS = Facts(size=10, mtime_ns=20, sha256="ab" * 32, width=4, height=3)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "new" / "catalog.db")
    yield catalog
    catalog.close()


def test_ids_are_positions_and_never_come_back(catalog: Catalog) -> None:
    assert catalog.add(["a", "b", "c"]) == [0, 1, 2]
    catalog.remove([1, 2])
    assert catalog.add(["b"]) == [3]
    catalog.remove([0, 3])
    assert catalog.count() == 0
    assert catalog.add(["a"]) == [4]


def test_a_none_uses_up_an_id(catalog: Catalog) -> None:
    assert catalog.add(["a", None, "c"]) == [0, 1, 2]
    assert [picture.id for picture in catalog.all_pictures()] == [0, 2]


def test_facts_come_and_go(catalog: Catalog) -> None:
    catalog.add(["a"])
    assert catalog.picture(0) == Picture(0, "a")
    catalog.describe(0, FACTS)
    catalog.mark_indexed("one", [0])
    assert catalog.picture(0) == Picture(0, "a", 10, 20, "ab" * 32, 4, 3)
    catalog.forget_facts([0])
    assert catalog.picture(0) == Picture(0, "a")
    assert catalog.indexed("one") == set()


def test_many_and_impossible_ids_at_once(catalog: Catalog) -> None:
    catalog.add([str(n) for n in range(1000)])
    found = catalog.pictures([*range(40_000), -1, 2**63, 10**30])
    assert len(found) == 1000
    assert found[999].path == "999"


def test_membership_follows_the_pictures(catalog: Catalog) -> None:
    catalog.add(["a", "b"])
    catalog.mark_indexed("one", [0, 1, 99])
    catalog.mark_indexed("two", [1])
    catalog.mark_indexed("two", [1])
    assert catalog.indexed("one") == {0, 1}
    assert catalog.collections() == ["one", "two"]
    catalog.remove([1])
    assert catalog.collections() == ["one"]
    catalog.unmark_indexed("one", [0])
    assert catalog.indexed("one") == set()


def test_portable_paths_have_a_none_where_nothing_is_indexed(catalog: Catalog) -> None:
    catalog.add(["a", "b", "c", "d"])
    catalog.mark_indexed("one", [0, 2])
    assert catalog.portable_paths("one") == ["a", None, "c", None]


def test_a_transaction_is_all_or_nothing_also_when_nested(catalog: Catalog) -> None:
    with pytest.raises(sqlite3.IntegrityError), catalog.transaction():
        catalog.add(["a", "a"])
    assert catalog.count() == 0
    assert catalog.add(["a"]) == [0]


def test_what_is_committed_survives_and_is_seen_by_others(catalog: Catalog, tmp_path: Path) -> None:
    catalog.add(["a"])
    catalog.put("label", "L")
    other = Catalog(tmp_path / "new" / "catalog.db")
    assert (other.count(), other.get("label"), other.get("nothing")) == (1, "L", None)
    other.close()


def test_it_is_durable(catalog: Catalog, tmp_path: Path) -> None:
    with catalog.transaction() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    with sqlite3.connect(tmp_path / "new" / "catalog.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
