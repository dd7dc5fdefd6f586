"""The catalogue on both databases: ids from 0, never reused; one row a content; what is indexed where."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
    unread = Picture(0, "b/a", root_id=root, folder="b", added_at=new.added_at, name="a", taken=new.taken)
    assert new == unread
    assert catalog.describe(0, FACTS) == 0
    catalog.mark_indexed("one", [0])
    described = catalog.picture(0)
    assert described is not None
    read = replace(unread, size=10, mtime_ns=20, sha256="ab" * 32, width=4, height=3)
    assert described == replace(read, short_side=3, shape="landscape", taken=described.taken)
    assert catalog.by_sha256("ab" * 32) == described
    (known,) = catalog.roots.known_files(root, ["b/a"]).values()
    assert (known.picture_id, known.size, known.sha256, known.lost_since) == (0, 10, "ab" * 32, None)
    assert catalog.indexed("one") == {0}


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
    assert catalog.roots.lose([Place(root, "x/y/a.jpg"), Place(root, "unknown")]) == []
    moved = catalog.picture(picture.id)
    assert moved is not None
    assert (moved.place, moved.folder, moved.mtime_ns) == (Place(other.id, "z/a.jpg"), "z", 77)
    assert catalog.page(PictureFilter(folder="x")).total == 0
    assert catalog.page(PictureFilter(folder="z")).total == 1
    assert catalog.page(PictureFilter(folder="/other/z")).total == 1
    assert catalog.roots.lose([moved.place]) == []
    kept = catalog.picture(picture.id)
    assert kept is not None
    assert (kept.place, kept.folder) == (copy_of("a"), "")
    assert catalog.roots.lose([kept.place]) == [picture.id]
    assert (catalog.count(), catalog.hidden()) == (0, [picture.id])
    assert catalog.deletions_over(0) == []


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


def test_what_was_said_of_a_row_that_is_merged_is_kept(catalog: Catalog) -> None:
    add(catalog, "a", labels=["one"])
    add_files(catalog, "b")
    catalog.set_title(1, "Said")
    catalog.set_labels(1, ["two"])
    assert catalog.describe(1, facts("a")) == 0
    picture = catalog.picture(0)
    assert picture is not None
    assert (picture.title, picture.labels) == ("Said", ("one", "two"))


def test_many_are_described_together_as_each_would_be_alone(catalog: Catalog) -> None:
    add(catalog, "known", "x")
    add_files(catalog, "a", "b", "c", "gone")
    catalog.delete([4], 1e12)
    read = [(1, facts("new")), (2, facts("known")), (3, facts("new")), (4, facts("other"))]
    assert catalog.describe_all(read) == [1, 0, 1, 4]
    assert {picture.id: picture.sha256 for picture in all_pictures(catalog)} == {
        0: facts("known").sha256,
        1: facts("new").sha256,
    }


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
    catalog.roots.forget(catalog.roots.first().id)
    with pytest.raises(NothingToRestore):
        catalog.restore(0, 0.0)
    assert catalog.restore(1, 0.0).place == copy_of("b")


def changed(catalog: Catalog, path: str, content: Facts) -> int:
    place = Place(catalog.roots.first().id, path)
    known = catalog.roots.known_files(place.root_id or 0, [path])[path]
    return catalog.roots.replace_content(place, known, content)


def test_other_pixels_are_another_picture_and_the_old_one_is_missing(catalog: Catalog) -> None:
    first = add(catalog, "a", "a", labels=["dog"])
    assert changed(catalog, "a", facts("b")) == 1
    assert [(picture.id, picture.path) for picture in all_pictures(catalog)] == [(1, "a")]
    old = catalog.picture(first.id)
    assert old is not None
    assert old.missing_since is not None
    assert (old.labels, old.unreachable) == (("dog",), False)
    assert catalog.page(PictureFilter(missing=True)).pictures == [old]
    catalog.add_content(NewPicture(Place(catalog.roots.first().id, "elsewhere"), facts("a")))
    assert catalog.hidden() == []
    back = catalog.picture(first.id)
    assert back is not None
    assert (back.path, back.labels, back.missing_since) == ("elsewhere", ("dog",), None)


def test_a_tag_that_is_written_changes_no_picture(catalog: Catalog) -> None:
    before = replace(facts("a"), pixels="p.upright")
    root = catalog.roots.first().id
    picture, _ = catalog.add_content(NewPicture(Place(root, "a"), before, "Said", None, ["dog"]))
    catalog.mark_indexed("one", [picture.id])
    assert changed(catalog, "a", replace(facts("b"), pixels="p.upright")) == picture.id
    after = catalog.picture(picture.id)
    assert after is not None
    assert (after.title, after.labels, after.sha256) == ("Said", ("dog",), facts("b").sha256)
    assert catalog.indexed("one") == {picture.id}
    assert changed(catalog, "a", replace(facts("c"), pixels="p.turned")) == picture.id
    assert catalog.indexed("one") == set(), "it is embedded anew"


def test_a_tag_in_a_file_that_an_older_version_read_means_another_vector(catalog: Catalog) -> None:
    """It didn't note which way up the picture was."""
    place = Place(catalog.roots.first().id, "a")
    picture, _ = catalog.add_content(NewPicture(place, replace(facts("a"), pixels="p")))
    catalog.mark_indexed("one", [picture.id])
    assert changed(catalog, "a", replace(facts("b"), pixels="p.upright")) == picture.id
    assert catalog.indexed("one") == set()


def test_a_copy_with_a_tag_is_a_picture_of_its_own(catalog: Catalog) -> None:
    root = catalog.roots.first().id
    for path in ("a", "b"):
        catalog.add_content(NewPicture(Place(root, path), replace(facts("a"), pixels="p")))
    assert changed(catalog, "a", replace(facts("b"), pixels="p")) == 1
    assert {picture.id: picture.path for picture in all_pictures(catalog)} == {0: "b", 1: "a"}


def test_swapped_files_swap_their_places(catalog: Catalog) -> None:
    add(catalog, "a", "a", labels=["one"])
    add(catalog, "b", "b", labels=["two"])
    assert changed(catalog, "a", facts("b")) == 1
    assert changed(catalog, "b", facts("a")) == 0
    found = {picture.path: (picture.id, picture.labels) for picture in all_pictures(catalog)}
    assert found == {"a": (1, ("two",)), "b": (0, ("one",))}
    assert catalog.hidden() == []


def test_out_of_reach_is_not_missing(catalog: Catalog) -> None:
    picture, other = add(catalog, "a", "a"), add(catalog, "b", "b")
    root = catalog.roots.first().id
    places = [Place(root, "a"), Place(root, "b")]
    assert catalog.roots.lose(places[:1], unreachable=True) == [picture.id]
    assert catalog.roots.lose(places[1:]) == [other.id]
    assert catalog.hidden_counts() == (1, 1)
    assert catalog.missing(time.time() + 1) == [other.id]
    assert catalog.roots.lose(places[:1]) == [], "hidden already"
    assert catalog.missing(time.time() + 1) == [other.id, picture.id]
    catalog.roots.find(places)
    assert (catalog.hidden(), catalog.hidden_counts(), catalog.count()) == ([], (0, 0), 2)


def test_a_folder_that_is_added_again_has_what_it_had(catalog: Catalog) -> None:
    root = catalog.roots.add("/photos", "Mine", "")
    new = NewPicture(Place(root.id, "deep/a.jpg"), facts("a"), "Said", None, ["dog"])
    picture, _ = catalog.add_content(new)
    assert catalog.roots.forget(root.id) == [picture.id]
    assert catalog.roots.all() == []
    assert catalog.roots.holding(Path("/photos/deep")) is None
    assert catalog.page(PictureFilter(folder="/photos")).total == 0
    assert catalog.roots.add("/photos", "Ours", "").id == root.id
    catalog.roots.find([new.place])
    (again,) = catalog.page(PictureFilter(folder="/photos/deep")).pictures
    assert (again.id, again.title, again.labels) == (picture.id, "Said", ("dog",))


def test_a_folder_means_every_place_in_it(catalog: Catalog) -> None:
    add(catalog, "a", "C/one.jpg")
    add(catalog, "a", "D/two.jpg")
    for folder in ("C", "D"):
        assert [picture.id for picture in catalog.page(PictureFilter(folder=folder)).pictures] == [0]


def test_a_content_that_was_deleted_is_kept_out_wherever_it_lies(catalog: Catalog) -> None:
    add(catalog, "a", "IMG_0001.jpg")
    root = catalog.roots.first().id
    catalog.delete([0], 1e12)
    elsewhere = Place(root, "deep/other.jpg")
    assert catalog.roots.kept_out_sizes() == {10}
    assert catalog.roots.is_kept_out(elsewhere, facts("a").sha256)
    assert not catalog.roots.is_kept_out(Place(root, "IMG_0001.jpg"), facts("b").sha256)
    catalog.restore(0, 0.0)
    assert not catalog.roots.is_kept_out(elsewhere, facts("a").sha256)
    catalog.delete([1], 1e12)
    add(catalog, "a")  # sent by somebody who wants it
    assert not catalog.roots.is_kept_out(elsewhere, facts("a").sha256)


def test_every_known_file_of_a_root(catalog: Catalog) -> None:
    paths = [f"{n:05}" for n in range(5_100)]  # 5,000 are read at once
    add_files(catalog, *paths)
    other = catalog.roots.add("/other", "Other", "")
    catalog.add([Place(other.id, "x")])
    root = catalog.roots.first().id
    assert [known.path for known in catalog.roots.all_known_files(root)] == paths
    assert sorted(catalog.roots.forget(root)) == list(range(5_100))  # in no order of ours
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
