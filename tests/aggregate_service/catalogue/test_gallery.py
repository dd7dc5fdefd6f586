"""Which folder is served, and its label."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalogue.catalog import Catalog, Place
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.errors import CannotIndex


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    (tmp_path / "photos" / "2024").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    catalog = Catalog(Database(sqlite_url(tmp_path / "catalog.db")))
    yield Gallery(catalog, tmp_path / "default")
    catalog.close()


def test_the_configured_folder_holds_until_one_is_indexed(gallery: Gallery, tmp_path: Path) -> None:
    imported = gallery.catalog.roots.first()
    assert gallery.folder(imported.id) == tmp_path / "default"
    assert (gallery.label, gallery.notice) == ("default", None)
    assert gallery.record(tmp_path / "photos", None, None).id == imported.id
    assert gallery.folder(imported.id) == tmp_path / "photos"
    assert (gallery.label, gallery.notice) == ("photos", None)


def test_what_was_said_of_a_folder_stays_until_something_else_is_said(
    gallery: Gallery, tmp_path: Path
) -> None:
    gallery.record(tmp_path / "photos", "Ours", "Careful.")
    gallery.record(tmp_path / "photos", None, None)
    assert (gallery.label, gallery.notice) == ("Ours", "Careful.")
    gallery.record(tmp_path / "photos", None, "")
    assert (gallery.label, gallery.notice) == ("Ours", None)


def test_several_folders_are_served_side_by_side(gallery: Gallery, tmp_path: Path) -> None:
    ids = [gallery.record(tmp_path / name, None, f"About {name}.").id for name in ("a", "b", "c", "d", "e")]
    assert [gallery.folder(id_) for id_ in ids[:2]] == [tmp_path / "a", tmp_path / "b"]
    assert gallery.label == "a, b, c and 2 more"
    assert (gallery.notice or "").startswith("About a. About b.")


def test_a_folder_in_one_that_is_served_is_a_part_of_it(gallery: Gallery, tmp_path: Path) -> None:
    gallery.record(gallery.root_for(tmp_path / "photos"), None, None)
    assert gallery.root_for(tmp_path / "photos" / "2024") == tmp_path / "photos"
    assert gallery.root_for(tmp_path / "other") == tmp_path / "other"
    with pytest.raises(CannotIndex):
        gallery.root_for(tmp_path / "missing")


def test_a_launched_folder_takes_the_place_of_the_one_before_and_of_no_other(
    gallery: Gallery, tmp_path: Path
) -> None:
    first, added = gallery.record(tmp_path / "first", None, None), gallery.record(tmp_path / "a", None, None)
    assert gallery.launch(first) == []
    (gone,) = gallery.catalog.add([Place(first.id, "x.jpg")])
    assert gallery.launch(first) == []
    assert gallery.launch(gallery.record(tmp_path / "second", None, None)) == [gone]
    assert gallery.label == "a, second"
    with pytest.raises(FileNotFoundError):
        gallery.folder(first.id)
    assert gallery.folder(added.id) == tmp_path / "a"
