"""The catalogue on both databases: ids from 0, never reused; one row a content; what is indexed where."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, Picture, PictureFilter, Place
from aggregate_service.catalogue.database import Database
from aggregate_service.errors import NothingToRestore
from tests.aggregate_service.samples import add, add_files, all_pictures, copy_of, facts

FACTS = Facts(size=10, mtime_ns=20, sha256="ab" * 32, width=4, height=3)


def test_ids_are_positions_and_never_come_back(catalog: Catalog, database_url: str) -> None:
    assert add_files(catalog, "a", "b", "c") == [0, 1, 2]
    catalog.remove([1, 2])
    assert add_files(catalog, "b") == [3]
    catalog.remove([0, 3])
    assert catalog.count() == 0
    assert add_files(catalog, "a") == [4]
    catalog.remove([4])
    catalog.close()
    again = Catalog(Database(database_url))
    assert add_files(again, "a") == [5]
    again.close()


def test_a_none_uses_up_an_id(catalog: Catalog) -> None:
    assert add_files(catalog, "a", None, "c") == [0, 1, 2]
    assert [picture.id for picture in all_pictures(catalog)] == [0, 2]
    assert catalog.count() == 2


def test_facts_come_and_go(catalog: Catalog) -> None:
    add_files(catalog, "b/a")
    root = catalog.roots.first().id
    new = catalog.picture(0)
    assert new is not None
    assert new == Picture(0, "b/a", root_id=root, folder="b", added_at=new.added_at)
    assert catalog.describe(0, FACTS) == 0
    catalog.mark_indexed("one", [0])
    described = Picture(0, "b/a", 10, 20, "ab" * 32, 4, 3, root, folder="b", added_at=new.added_at)
    assert catalog.picture(0) == described
    assert catalog.by_sha256("ab" * 32) == described
    (known,) = catalog.roots.known_files(root, ["b/a"]).values()
    catalog.roots.changed(Place(root, "b/a"), known)
    assert catalog.picture(0) == new
    assert catalog.indexed("one") == set()


def test_many_and_impossible_ids_at_once(catalog: Catalog) -> None:
    add_files(catalog, *(str(n) for n in range(1000)))
    found = catalog.pictures([*range(40_000), -1, 2**63, 10**30])
    assert len(found) == 1000
    assert found[999].path == "999"
    assert catalog.mark_indexed("one", [*range(40_000), -1, 2**63]) == set(range(1000))


def test_membership_follows_the_pictures(catalog: Catalog) -> None:
    add_files(catalog, "a", "b")
    assert catalog.mark_indexed("one", [0, 1, 99]) == {0, 1}
    catalog.mark_indexed("two", [1])
    catalog.mark_indexed("two", [1])
    assert catalog.indexed("one") == {0, 1}
    assert catalog.searchable([0, 1, 2]) == {0, 1}
    assert catalog.searchable([0, 1, 2], "two") == {1}
    assert [picture.id for picture in catalog.pending("two")] == [0]
    catalog.remove([1])
    assert catalog.indexed("two") == set()
    catalog.unmark_indexed("one", [0, 5])
    assert catalog.indexed("one") == set()


def test_a_collection_that_ever_had_vectors_is_remembered(catalog: Catalog) -> None:
    catalog.use_collection("sent-to")
    catalog.use_collection("sent-to")
    catalog.mark_indexed("marked", [])
    assert catalog.collections() == ["marked", "sent-to"]


def test_portable_places_have_a_none_where_nothing_is_indexed(catalog: Catalog) -> None:
    add_files(catalog, "a", "b", "c", "d")
    catalog.mark_indexed("one", [0, 2])
    root = catalog.roots.first().id
    assert catalog.portable("one") == [Place(root, "a"), None, Place(root, "c"), None]


def test_the_same_content_is_one_row_with_several_places(catalog: Catalog) -> None:
    first = add(catalog, "a", "x/a.jpg", labels=["dog", "dog", "lawn"])
    link = "https://example.org/ä b.jpg?q=1"
    new = NewPicture(copy_of("a"), facts("a"), "A dog", link, ["lawn", "sun"])
    again, created = catalog.add_content(new)
    assert (again.id, created, catalog.count()) == (first.id, False, 1)
    assert again.labels == ("dog", "lawn", "sun")
    assert (again.path, again.title, again.source_url) == ("x/a.jpg", "A dog", link)
    for place in (first.place, copy_of("a"), link):
        assert catalog.by_place(place) == again
    assert catalog.by_url(link) == again
    assert catalog.by_url("https://example.org/other") is None
    later = add(catalog, "b", url=link)
    assert catalog.by_url(link) == later


def test_links_may_be_longer_than_an_index_takes(catalog: Catalog) -> None:
    links = [f"https://example.org/{'ü' * 4_000}{number}" for number in range(2)]
    pictures = [add(catalog, str(number), url=link) for number, link in enumerate(links)]
    assert [catalog.by_url(link) for link in links] == pictures
    catalog.delete([0], 1e12)
    assert catalog.by_url(links[0]) is None
    assert catalog.by_url(links[1]) == pictures[1]
    restored = catalog.restore(0, 0.0)
    assert catalog.by_url(links[0]) == restored


def test_when_the_main_place_goes_another_takes_over(catalog: Catalog) -> None:
    picture = add(catalog, "a", "x/y/a.jpg")
    add(catalog, "a")
    root = catalog.roots.first().id
    other = catalog.roots.add("/other", "Other", "")
    catalog.add_content(NewPicture(Place(other.id, "z/a.jpg"), facts("a", 77)))
    assert catalog.roots.forget_places([Place(root, "x/y/a.jpg"), Place(root, "unknown")]) == []
    moved = catalog.picture(picture.id)
    assert moved is not None
    assert (moved.place, moved.folder, moved.mtime_ns) == (Place(other.id, "z/a.jpg"), "z", 77)
    assert catalog.page(PictureFilter(folder="x")).total == 0
    assert catalog.page(PictureFilter(folder="z")).total == 1
    assert catalog.roots.forget_places([moved.place]) == []
    kept = catalog.picture(picture.id)
    assert kept is not None
    assert (kept.place, kept.folder) == (copy_of("a"), "")
    assert catalog.roots.forget_places([kept.place]) == [picture.id]
    assert catalog.count() == 0
    assert catalog.deletions_over(0) == [picture.id]


def test_a_row_whose_content_is_another_rows_is_merged_into_it(catalog: Catalog) -> None:
    add_files(catalog, "a", "b")
    root = catalog.roots.first().id
    assert catalog.describe(0, facts("c")) == 0
    catalog.mark_indexed("one", [1])
    assert catalog.describe(1, facts("c", 99)) == 0
    assert catalog.count() == 1
    known = catalog.roots.known_files(root, ["a", "b", "c"])
    assert {path: (file.picture_id, file.mtime_ns) for path, file in known.items()} == {
        "a": (0, 20),
        "b": (0, 99),
    }
    assert known["a"].shared
    assert catalog.deletions_over(0) == [1]  # its vector is to follow
    assert catalog.restorable(1, 0) is None


def test_the_same_pictures_may_be_marked_twice_at_the_same_time(catalog: Catalog) -> None:
    add_files(catalog, "a", "b")
    with ThreadPoolExecutor(1) as elsewhere:
        with catalog.transaction():
            assert catalog.mark_indexed("new", [0, 1]) == {0, 1}
            other = elsewhere.submit(catalog.mark_indexed, "new", [1, 0])
            time.sleep(0.3)  # by then it waits for us; if it doesn't yet, this shows less, and fails no less
        assert other.result(120) == {0, 1}
    assert catalog.indexed("new") == {0, 1}


def test_many_are_described_at_once_as_they_would_be_one_by_one(catalog: Catalog) -> None:
    add(catalog, "old", "known")
    add_files(catalog, "a", "b", "twin", "copy", "gone")
    catalog.delete([5], 1e12)
    read = [(1, facts("x")), (2, facts("y")), (3, facts("x", 99)), (4, facts("old")), (5, facts("z"))]
    assert catalog.describe_all(read) == [1, 2, 1, 0, 5]
    contents = {picture.id: picture.sha256 for picture in all_pictures(catalog)}
    assert contents == {0: facts("old").sha256, 1: facts("x").sha256, 2: facts("y").sha256}
    known = catalog.roots.known_files(catalog.roots.first().id, ["a", "b", "twin", "copy"])
    assert {path: (file.picture_id, file.mtime_ns) for path, file in known.items()} == {
        "a": (1, 20),
        "twin": (1, 99),
        "b": (2, 20),
        "copy": (0, 20),
    }
    assert catalog.describe_all([]) == []


def test_many_described_at_once_may_have_taken_over_each_others_contents(catalog: Catalog) -> None:
    add(catalog, "a", "one")
    add(catalog, "b", "two")
    assert catalog.describe_all([(0, facts("c")), (1, facts("a"))]) == [0, 1]
    contents = {picture.id: picture.sha256 for picture in all_pictures(catalog)}
    assert contents == {0: facts("c").sha256, 1: facts("a").sha256}


def test_what_was_said_of_a_row_that_is_merged_is_kept(catalog: Catalog) -> None:
    add(catalog, "a", labels=["one"])
    add_files(catalog, "b")
    catalog.set_title(1, "Said")
    catalog.set_labels(1, ["two"])
    assert catalog.describe(1, facts("a")) == 0
    picture = catalog.picture(0)
    assert picture is not None
    assert (picture.title, picture.labels) == ("Said", ("one", "two"))


def test_reading_what_was_deleted_meanwhile_changes_nothing(catalog: Catalog) -> None:
    add(catalog, "a", "x")
    add(catalog, "b", "y")
    catalog.delete([1], 1e12)
    catalog.describe(1, facts("a"))
    catalog.describe(1, facts("c"))
    assert [picture.id for picture in all_pictures(catalog)] == [0]
    assert catalog.restorable(1, 0.0) is not None


def test_what_lay_in_folders_that_are_not_served_any_more_cannot_be_brought_back(catalog: Catalog) -> None:
    add(catalog, "a", "x")
    add(catalog, "b", "y")
    add(catalog, "b")
    catalog.delete([0, 1], 1e12)
    catalog.roots.remove(catalog.roots.first().id)
    with pytest.raises(NothingToRestore):
        catalog.restore(0, 0.0)
    assert catalog.restore(1, 0.0).place == copy_of("b")


def test_a_changed_file_keeps_its_id_unless_others_have_the_old_content(catalog: Catalog) -> None:
    add(catalog, "a", "a")
    root = catalog.roots.first().id
    alone = catalog.roots.known_files(root, ["a"])["a"]
    assert catalog.roots.changed(Place(root, "a"), alone) == 0
    catalog.describe(0, facts("b"))
    add(catalog, "b", "copy")
    shared = catalog.roots.known_files(root, ["a"])["a"]
    assert catalog.roots.changed(Place(root, "a"), shared) == 1
    there = {picture.id: (picture.path, picture.sha256) for picture in all_pictures(catalog)}
    assert there == {0: ("copy", facts("b").sha256), 1: ("a", None)}


def test_every_known_file_of_a_root(catalog: Catalog) -> None:
    paths = [f"{n:05}" for n in range(5_100)]  # 5,000 are read at once
    add_files(catalog, *paths)
    other = catalog.roots.add("/other", "Other", "")
    catalog.add([Place(other.id, "x")])
    root = catalog.roots.first().id
    assert [known.path for known in catalog.roots.all_known_files(root)] == paths
    assert catalog.roots.remove(root) == list(range(5_100))
    assert (catalog.count(), [root.label for root in catalog.roots.all()]) == (1, ["Other"])


def test_titles_and_labels_are_said_and_taken_back(catalog: Catalog) -> None:
    add_files(catalog, "a")
    catalog.set_title(0, "Ünïcode 🐈")
    catalog.set_labels(0, ["b", "a", "b", ""])
    picture = catalog.picture(0)
    assert picture is not None
    assert (picture.title, picture.labels) == ("Ünïcode 🐈", ("a", "b"))
    catalog.set_title(0, "")
    catalog.set_labels(0, [])
    picture = catalog.picture(0)
    assert picture is not None
    assert (picture.title, picture.labels) == (None, ())


def test_a_transaction_is_all_or_nothing_also_when_nested(catalog: Catalog) -> None:
    root = catalog.roots.first().id

    def fail_at_the_end() -> None:
        with catalog.transaction():
            catalog.add([Place(root, "z")])
            catalog.add([Place(root, "a"), Place(root, "a")])

    with pytest.raises(IntegrityError):
        fail_at_the_end()
    assert catalog.count() == 0
    assert add_files(catalog, "a") == [0]


def test_what_is_committed_survives_and_is_seen_by_others(catalog: Catalog, database_url: str) -> None:
    add_files(catalog, "a")
    catalog.put("label", "K")
    catalog.put("label", "L")
    other = Catalog(Database(database_url))
    assert (other.count(), other.get("label"), other.get("nothing")) == (1, "L", None)
    other.close()


def test_sqlite_is_durable(tmp_path: Path) -> None:
    catalog = Catalog(Database(f"sqlite:///{tmp_path}/c.db"))
    with catalog.transaction() as db:
        assert db.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert db.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    with sqlite3.connect(tmp_path / "c.db") as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()
    catalog.close()
