"""`image_paths.json` in and out."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalog import Catalog
from aggregate_service.portable import export_paths, import_paths


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "catalog.db")
    yield catalog
    catalog.close()


def test_positions_become_ids_and_unusable_entries_leave_theirs_unused(
    catalog: Catalog, tmp_path: Path
) -> None:
    listed = ["a.jpg", None, "../up.jpg", "/etc/passwd", 7, "a.jpg", "b/ü\n.jpg"]
    (tmp_path / "paths.json").write_text(json.dumps(listed))
    assert import_paths(catalog, tmp_path / "paths.json") == 2
    assert {picture.id: picture.path for picture in catalog.all_pictures()} == {0: "a.jpg", 6: "b/ü\n.jpg"}
    assert catalog.add(["new"]) == [7]


def test_only_an_empty_catalogue_imports(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "paths.json").write_text('["a.jpg"]')
    catalog.remove(catalog.add(["once"]))
    assert import_paths(catalog, tmp_path / "paths.json") == 0
    assert catalog.count() == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1}', b"\xff\xfe", b"[]"])
def test_a_bad_list_is_ignored(catalog: Catalog, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "paths.json").write_bytes(content)
    assert import_paths(catalog, tmp_path / "paths.json") == 0
    assert import_paths(catalog, tmp_path / "nothing.json") == 0


def test_export_is_what_import_reads(catalog: Catalog, tmp_path: Path) -> None:
    catalog.add(["a.jpg", "b.jpg", "ü\n.jpg"])
    catalog.mark_indexed("c", [0, 2])
    export_paths(catalog, "c", tmp_path / "deep" / "paths.json")
    assert json.loads((tmp_path / "deep" / "paths.json").read_text()) == ["a.jpg", None, "ü\n.jpg"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["paths.json"]
