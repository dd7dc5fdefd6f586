"""Which folder is served, and its label."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalog import Catalog
from aggregate_service.errors import CannotIndex
from aggregate_service.gallery import Gallery


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    (tmp_path / "photos" / "2024").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    catalog = Catalog(tmp_path / "catalog.db")
    yield Gallery(catalog, tmp_path / "default")
    catalog.close()


def test_the_configured_folder_holds_until_one_is_indexed(gallery: Gallery, tmp_path: Path) -> None:
    assert (gallery.root, gallery.label, gallery.notice) == (tmp_path / "default", "default", None)
    gallery.record(tmp_path / "photos", None, None)
    assert (gallery.root, gallery.label, gallery.notice) == (tmp_path / "photos", "photos", None)


def test_what_was_said_of_a_folder_stays_until_something_else_is_said(
    gallery: Gallery, tmp_path: Path
) -> None:
    gallery.record(tmp_path / "photos", "Ours", "Careful.")
    gallery.record(tmp_path / "photos", None, None)
    assert (gallery.label, gallery.notice) == ("Ours", "Careful.")
    gallery.record(tmp_path / "photos", None, "")
    assert (gallery.label, gallery.notice) == ("Ours", None)
    gallery.record(tmp_path / "other", None, None)
    assert (gallery.label, gallery.notice) == ("other", None)


def test_a_folder_in_the_one_served_is_a_part_of_it(gallery: Gallery, tmp_path: Path) -> None:
    gallery.record(gallery.root_for(tmp_path / "photos"), None, None)
    assert gallery.root_for(tmp_path / "photos" / "2024") == tmp_path / "photos"
    assert gallery.root_for(tmp_path / "other") == tmp_path / "other"
    with pytest.raises(CannotIndex):
        gallery.root_for(tmp_path / "missing")
