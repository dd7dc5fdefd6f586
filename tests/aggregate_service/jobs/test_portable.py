"""`image_paths.json` in and out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, Place
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.files.storage import Folder
from aggregate_service.jobs.portable import Portable
from tests.aggregate_service.samples import all_pictures


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(Database(sqlite_url(tmp_path / "catalog.db")))
    yield catalog
    catalog.close()


def portable(catalog: Catalog, paths_file: Path) -> Portable:
    gallery = Gallery(catalog, paths_file.parent / "photos")
    return Portable(catalog, gallery, paths_file, Folder(paths_file.parent / "uploads"))


def test_positions_become_ids_and_unusable_entries_leave_theirs_unused(
    catalog: Catalog, tmp_path: Path
) -> None:
    listed = ["a.jpg", None, "../up.jpg", "/etc/passwd", 7, "a.jpg", "b/ü\n.jpg"]
    (tmp_path / "paths.json").write_text(json.dumps(listed))
    assert portable(catalog, tmp_path / "paths.json").import_into_empty() == 2
    assert {picture.id: picture.path for picture in all_pictures(catalog)} == {0: "a.jpg", 6: "b/ü\n.jpg"}
    assert catalog.add([Place(catalog.roots.first().id, "new")]) == [7]


def test_only_an_empty_catalogue_imports(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "paths.json").write_text('["a.jpg"]')
    catalog.remove(catalog.add([Place(catalog.roots.first().id, "once")]))
    assert portable(catalog, tmp_path / "paths.json").import_into_empty() == 0
    assert catalog.count() == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"\xff\xfe", b"[]"])
def test_a_bad_list_is_ignored(catalog: Catalog, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paths.json").write_bytes(content)
    assert portable(catalog, tmp_path / "paths.json").import_into_empty() == 0
    assert portable(catalog, tmp_path / "nothing.json").import_into_empty() == 0


def test_export_is_what_import_reads(catalog: Catalog, tmp_path: Path) -> None:
    root = catalog.roots.first().id
    catalog.add([Place(root, path) for path in ("a.jpg", "b.jpg", "ü\n.jpg")])
    catalog.mark_indexed("c", [0, 2])
    portable(catalog, tmp_path / "deep" / "paths.json").export("c")
    assert json.loads((tmp_path / "deep" / "paths.json").read_text()) == ["a.jpg", None, "ü\n.jpg"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["paths.json"]


@pytest.mark.parametrize("count", [0, 1, 1_000, 2_001])
def test_long_lists_are_written_in_parts(catalog: Catalog, tmp_path: Path, count: int) -> None:
    root = catalog.roots.first().id
    ids = catalog.add([Place(root, f"{n}.jpg") for n in range(count)])
    catalog.mark_indexed("c", ids[1:])
    portable(catalog, tmp_path / "paths.json").export("c")
    written = (tmp_path / "paths.json").read_text()
    expected = [None, *(f"{n}.jpg" for n in range(1, count))][:count]
    assert json.loads(written) == expected
    assert written == json.dumps(expected, indent=0) + "\n"


def test_other_places_are_written_so_that_they_can_be_found(catalog: Catalog, tmp_path: Path) -> None:
    gallery = Gallery(catalog, tmp_path / "photos")
    uploads = tmp_path / "data" / "uploads"
    stored = Place(None, f"ab/cd/{'ab' * 32}.jpg")
    (uploads / stored.path).parent.mkdir(parents=True)
    (uploads / stored.path).touch()
    first = gallery.record(tmp_path / "photos", None, None)
    other = gallery.record(tmp_path / "other", None, None)
    catalog.add([Place(first.id, "a.jpg"), Place(other.id, "b.jpg")])
    catalog.add_content(NewPicture(stored, Facts(1, 1, "ab" * 32, 1, 1)))
    catalog.mark_indexed("c", [0, 1, 2])
    list_ = tmp_path / "data" / "paths.json"
    portable(catalog, list_).export("c")
    written = json.loads(list_.read_text())
    assert written == ["a.jpg", str(tmp_path / "other" / "b.jpg"), f"uploads/{stored.path}"]

    again = Catalog(Database(sqlite_url(tmp_path / "again.db")))
    assert portable(again, list_).import_into_empty() == 2
    assert {picture.id: picture.place for picture in all_pictures(again)} == {
        0: Place(again.roots.first().id, "a.jpg"),
        2: stored,
    }
    again.close()
