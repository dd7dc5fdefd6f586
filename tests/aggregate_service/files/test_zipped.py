"""A ZIP file as it is sent: every picture under its own name, in parts, no further than it is read."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregate_service.catalogue.records import Picture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import Folder
from aggregate_service.files.zipped import zipped
from picture_files.metadata import NOTHING_SAID
from picture_files.reader import PictureLimits, read_about
from tests.embedding_service.drawn import encoded, quadrants
from tests.picture_files.test_metadata import with_exif

LIMITS = PictureLimits(10**6, 5_000)


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    (tmp_path / "a.jpg").write_bytes(with_exif(make="Canon", model="EOS"))
    (tmp_path / "b.png").write_bytes(encoded(quadrants(), "PNG"))
    return ImageStore(lambda _root: tmp_path, Folder(tmp_path / "uploads"), tmp_path / "thumbnails", LIMITS)


def picture(id_: int, path: str, title: str | None = None, media_type: str = "image/jpeg") -> Picture:
    return Picture(id_, path, root_id=1, title=title, media_type=media_type, taken=20260301123006)


def unzipped(parts: Iterator[bytes]) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(parts)))
    assert archive.testzip() is None
    return archive


def test_names_are_plain_and_each_its_own(store: ImageStore, tmp_path: Path) -> None:
    listed = [
        picture(0, "a.jpg"),
        picture(1, "a.jpg", "A.JPG"),
        picture(2, "a.jpg", "../../etc/passwd"),
        picture(3, "a.jpg", 'x:"y"\n🐕' + "z" * 300),
        picture(4, "b.png", "..", "image/png"),
        picture(5, "gone.jpg"),
    ]
    archive = unzipped(zipped(listed, store, metadata=True))
    long = "x__y__🐕" + "z" * 143
    assert archive.namelist() == ["a.jpg", "A (2).JPG", "passwd.jpg", f"{long}.jpg", "4.png", "missing.txt"]
    assert archive.read("a.jpg") == (tmp_path / "a.jpg").read_bytes()
    assert archive.getinfo("a.jpg").date_time == (2026, 3, 1, 12, 30, 6)
    assert archive.read("missing.txt") == b"gone.jpg (gone.jpg)"


def test_metadata_can_be_left_out(store: ImageStore) -> None:
    archive = unzipped(zipped([picture(0, "a.jpg")], store, metadata=False))
    assert read_about(io.BytesIO(archive.read("a.jpg")), LIMITS)[1] == NOTHING_SAID


def test_a_hundred_thousand_that_are_cancelled_are_read_no_further(store: ImageStore) -> None:
    read = 0

    def endless() -> Iterator[Picture]:
        nonlocal read
        for read in range(1, 100_001):
            yield picture(read, "a.jpg")

    parts = zipped(endless(), store, metadata=True)
    for _ in range(20):
        next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert read == 20  # a picture is a part
