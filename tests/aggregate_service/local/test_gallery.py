"""Which pictures `make run` serves."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregate_service.local.config import LocalSettings
from aggregate_service.local.gallery import LocalGallery, NoPictures, find_gallery, note_restored
from tests.aggregate_service.local.test_coco128 import write_archive

UNREACHABLE = "http://127.0.0.1:9/coco128.zip"


@contextmanager
def no_bar(_title: str) -> Iterator[Callable[[int, int], None]]:
    yield lambda _done, _total: None


def found(given: LocalSettings) -> LocalGallery:
    gallery = find_gallery(given, no_bar, print)
    assert isinstance(gallery, LocalGallery)
    return gallery


def settings(tmp_path: Path, coco128_url: str = UNREACHABLE, **given: Path) -> LocalSettings:
    return LocalSettings(_env_file=None, data_dir=tmp_path / "data", coco128_url=coco128_url, **given)  # type: ignore[arg-type]


def test_archive_given_by_hand(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip")
    gallery = found(settings(tmp_path, coco128_archive=archive))
    assert gallery.label == "COCO128"
    assert len(list(gallery.folder.glob("*.jpg"))) == 128
    assert gallery.notice == ""


def test_bad_archive_given_by_hand_is_never_replaced_silently(tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="COCO128_ARCHIVE"):
        find_gallery(settings(tmp_path, coco128_archive=tmp_path / "none.zip"), no_bar, print)


def test_sample_gallery_where_nothing_can_be_downloaded(tmp_path: Path) -> None:
    said: list[str] = []
    gallery = find_gallery(settings(tmp_path), no_bar, said.append)
    assert isinstance(gallery, LocalGallery)
    assert len(list(gallery.folder.iterdir())) == 128
    assert "sample gallery" in gallery.notice
    assert UNREACHABLE in said[0]
    assert find_gallery(settings(tmp_path), no_bar, said.append) == gallery


def test_own_folder_is_used_in_place(tmp_path: Path) -> None:
    photos = tmp_path / "Holiday 2026"
    photos.mkdir()
    gallery = found(settings(tmp_path, images=photos))
    assert gallery.folder == photos
    assert gallery.state.is_relative_to(tmp_path / "data")
    assert list(photos.iterdir()) == []


def test_own_folder_whose_name_nobody_can_write(tmp_path: Path) -> None:
    photos = tmp_path / os.fsdecode(b"lat\xfcn")
    photos.mkdir()
    with pytest.raises(NoPictures, match=r"lat\\udcfcn: its name isn't valid UTF-8"):
        find_gallery(settings(tmp_path, images=photos), no_bar, print)


def test_own_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="no such folder"):
        find_gallery(settings(tmp_path, images=tmp_path / "none"), no_bar, print)


def test_a_restored_catalogue_is_served_as_it_is_and_found_again(tmp_path: Path) -> None:
    """Nothing is fetched, and the catalogue lies where a start without the backup looks."""
    said: list[str] = []
    given = settings(tmp_path, restore_from=tmp_path / "b.backup")
    restored = find_gallery(given, no_bar, said.append)
    assert restored.state == tmp_path / "data"
    assert not isinstance(restored, LocalGallery)
    assert list(restored.state.iterdir()) == []  # a restore that fails isn't served the next time
    note_restored(given)
    assert find_gallery(settings(tmp_path), no_bar, said.append) == restored
    assert said == []


def test_own_folder_is_served_beside_a_backup(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    given = settings(tmp_path, restore_from=tmp_path / "b.backup", images=tmp_path / "photos")
    note_restored(given)
    assert isinstance(find_gallery(given, no_bar, print), LocalGallery)
    assert not (tmp_path / "data/restored").exists()
