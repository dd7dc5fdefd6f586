"""A folder that can't be written is named, with what to do; with room made, the next start goes on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregate_service.local.coco128 import Progress
from aggregate_service.local.config import LocalSettings
from aggregate_service.local.gallery import LocalGallery, NoPictures, find_gallery
from aggregate_service.sample_gallery import SAMPLE_BYTES
from tests.aggregate_service.local.test_coco128 import serving, write_archive
from tests.aggregate_service.local.test_gallery import no_bar, settings
from tests.faults.small_disk import mounted

ROOM, ARCHIVE = 12_000_000, 8_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "data", ROOM >> 20):
        yield tmp_path / "data"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "a.zip", content=os.urandom(ARCHIVE // 128))


def draw(folder: Path, _progress: Progress) -> None:
    folder.mkdir(parents=True)
    for number in range(128):
        (folder / f"{number}.jpg").write_bytes(os.urandom(SAMPLE_BYTES // 128))


def refuses_then_goes_on(disk: Path, given: LocalSettings, said: list[str]) -> str:
    """Fill the disk, start, make room, start again; returns why the first start refused."""
    filler = disk / "filler"
    filler.write_bytes(bytes(ROOM - 2_000_000))
    with pytest.raises(NoPictures) as refused:
        find_gallery(given, no_bar, said.append, draw)
    assert [path.name for path in disk.iterdir()] == ["filler"]
    filler.unlink()
    gallery = find_gallery(given, no_bar, said.append, draw)
    assert isinstance(gallery, LocalGallery)
    assert len(list(gallery.folder.glob("*.jpg"))) == 128
    return str(refused.value)


def test_no_room_to_unpack(disk: Path, tmp_path: Path, archive: Path) -> None:
    why = refuses_then_goes_on(disk, settings(tmp_path, coco128_archive=archive), [])
    assert f"no room in {disk}: 8.0 MB are needed" in why
    assert "DATA_DIR" in why
    assert "archive" not in why


def test_no_room_to_download_is_not_an_unreachable_network(disk: Path, tmp_path: Path, archive: Path) -> None:
    said: list[str] = []
    with serving(archive) as url:
        why = refuses_then_goes_on(disk, settings(tmp_path, coco128_url=url), said)
    assert f"no room in {disk}: 14.0 MB are needed" in why
    assert "something else than COCO128" in said[0]  # the second start got as far as the checksum


def test_no_room_to_draw_the_sample_gallery(disk: Path, tmp_path: Path) -> None:
    assert f"no room in {disk}: 4.5 MB are needed" in refuses_then_goes_on(disk, settings(tmp_path), [])


@contextmanager
def without_rights() -> Iterator[None]:
    """As `nobody`, where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_no_right_to_write(tmp_path: Path, archive: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    (tmp_path / "photos").mkdir()
    for given in (
        settings(tmp_path),
        settings(tmp_path, coco128_archive=archive),
        settings(tmp_path, images=tmp_path / "photos"),
    ):
        with without_rights(), pytest.raises(NoPictures, match="right"):
            find_gallery(given, no_bar, print)


def test_what_a_killed_start_left_is_cleared(tmp_path: Path, archive: Path) -> None:
    left = tmp_path / "data/.unfinished/pictures/cat-01.jpg"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a pict")
    find_gallery(settings(tmp_path, coco128_archive=archive), no_bar, print)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["coco-128"]


def test_a_gallery_whose_drawing_was_interrupted_is_drawn_anew(tmp_path: Path) -> None:
    @contextmanager
    def interrupting(_title: str) -> Iterator[object]:
        def report(done: int, _total: int) -> None:
            if done == 3:
                raise KeyboardInterrupt

        yield report

    with pytest.raises(KeyboardInterrupt):
        find_gallery(settings(tmp_path), interrupting, print)  # type: ignore[arg-type]
    assert list((tmp_path / "data").rglob("*.jpg")) == []
