"""One contract for what people add, wherever it is kept: in a folder of this machine, or in a bucket."""

import io
import time
from pathlib import Path

import pytest

from aggregate_service.errors import StorageAway
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.storage import Folder, OutsideFolder, Storage, status_of
from aggregate_service.files.uploads import check_bucket, content_store, is_bucket
from tests.aggregate_service.bucket_server import KEY, SECRET, BucketServer

LONG = bytes(range(251)) * 10_000
"""Longer than what opening a file of a bucket reads at once."""


@pytest.fixture(params=["folder", "bucket"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> ContentStore:
    bucket = None
    if request.param == "bucket":
        bucket = request.getfixturevalue("bucket_server").new_bucket()
    return content_store(bucket, tmp_path / "uploads")


@pytest.fixture
def storage(contents: ContentStore) -> Storage:
    return contents.storage


def keep(contents: ContentStore, data: bytes, suffix: str = ".png") -> str:
    aside = contents.aside()
    aside.write(data)
    aside.finish()
    return contents.keep(aside.path, aside.sha256, suffix)


def received(contents: ContentStore, tmp_path: Path) -> list[Path]:
    return list((tmp_path / "uploads" / "incoming").iterdir())


def test_what_is_kept_can_be_read(contents: ContentStore, tmp_path: Path) -> None:
    place = keep(contents, LONG)
    assert contents.locate(place).is_file()
    assert contents.locate(place).read_bytes() == LONG
    with contents.locate(place).open("rb") as file:
        assert file.read() == LONG
    assert received(contents, tmp_path) == []


def test_the_same_content_is_kept_once(contents: ContentStore, tmp_path: Path) -> None:
    assert keep(contents, b"hello") == keep(contents, b"hello")
    assert received(contents, tmp_path) == []


def test_an_open_file_can_be_sought_in(contents: ContentStore) -> None:
    with contents.locate(keep(contents, LONG)).open("rb") as file:
        for place, length in ((0, 8), (999_990, 40), (2_000_000, 100), (5, 2_000_000), (len(LONG) - 3, 50)):
            assert file.seek(place) == place
            assert file.read(length) == LONG[place : place + length]
        assert file.seek(-4, io.SEEK_END) == file.tell() == len(LONG) - 4
        assert file.seek(1, io.SEEK_CUR) == len(LONG) - 3
        assert file.read() == LONG[-3:]
        assert file.read(10) == b""
        file.seek(len(LONG) + 10)
        assert file.read(10) == b""
        with pytest.raises((OSError, ValueError)):
            file.seek(-1)


def test_an_open_file_says_how_long_and_how_old_it_is(contents: ContentStore) -> None:
    with contents.locate(keep(contents, b"hello")).open("rb") as file:
        status = status_of(file)
    assert status.size == 5
    assert abs(status.modified_ns / 1e9 - time.time()) < 60


def test_what_is_deleted_is_gone(contents: ContentStore, storage: Storage) -> None:
    places = [keep(contents, bytes([number])) for number in range(3)]
    for _ in range(2):
        storage.delete(places[:2])
    assert [contents.locate(place).is_file() for place in places] == [False, False, True]
    with pytest.raises(FileNotFoundError):
        contents.locate(places[0]).read_bytes()
    with pytest.raises(FileNotFoundError):
        contents.locate(places[0]).open("rb")


def test_lists_are_kept_by_name_and_swept_when_no_job_needs_them(contents: ContentStore) -> None:
    for name in ("needed.csv", "ended.csv"):
        aside = contents.aside()
        aside.write(name.encode())
        aside.finish()
        assert contents.keep_list(aside.path, name).read_bytes() == name.encode()
    assert contents.sweep_lists({"needed.csv"}) == 0
    assert contents.sweep_lists({"needed.csv"}, older_than_seconds=-60) >= 1
    assert [name for name, _ in contents.storage.listed("lists")] == ["needed.csv"]
    assert contents.list_path("needed.csv").is_file()
    assert not contents.list_path("ended.csv").is_file()


def test_a_list_is_there_for_others_too(contents: ContentStore, tmp_path: Path) -> None:
    """Several aggregates share the jobs."""
    aside = contents.aside()
    aside.write(b"url\n")
    aside.finish()
    contents.keep_list(aside.path, "1.csv")
    folder = tmp_path / ("uploads" if isinstance(contents.storage, Folder) else "another")
    assert ContentStore(folder, contents.storage).list_path("1.csv").read_bytes() == b"url\n"


def test_a_list_of_pictures_names_them(storage: Storage, tmp_path: Path) -> None:
    named = storage.seen_from(tmp_path, "ab/cd/abcd.png")
    assert named == ("uploads/ab/cd/abcd.png" if isinstance(storage, Folder) else f"{storage}/ab/cd/abcd.png")


def test_one_that_is_there_checks_out(storage: Storage) -> None:
    storage.check()


def test_nothing_lies_outside_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "out").symlink_to(tmp_path)
    for name in ("../x", "/etc/hostname", "a\0b", "out/x"):
        with pytest.raises(OutsideFolder):
            Folder(tmp_path / "in").locate(name)


def test_a_bucket_that_is_away_is_named_and_loses_nothing(
    bucket_server: BucketServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    contents = content_store(url := bucket_server.new_bucket(), tmp_path)
    place = keep(contents, b"hello")
    aside = contents.aside()
    aside.write(b"more")
    aside.finish()
    file = contents.locate(place)
    with bucket_server.away():
        for call in (
            file.is_file,
            file.read_bytes,
            lambda: file.open("rb"),
            lambda: contents.keep(aside.path, aside.sha256, ".png"),
            lambda: contents.storage.delete([place]),
            contents.storage.check,
        ):
            began = time.monotonic()
            with pytest.raises(StorageAway, match=url) as away:
                call()
            assert time.monotonic() - began < 3
            assert away.value.status == 503
    assert KEY not in caplog.text
    assert SECRET not in caplog.text
    assert contents.locate(contents.keep(aside.path, aside.sha256, ".png")).read_bytes() == b"more"
    assert file.read_bytes() == b"hello"


def test_a_bucket_that_is_not_there_is_named(bucket_server: BucketServer, tmp_path: Path) -> None:
    contents = content_store("s3://no-such-bucket/x", tmp_path)
    for call in (
        contents.locate("aa").read_bytes,
        lambda: keep(contents, b"hello"),
        contents.storage.check,
    ):
        with pytest.raises(StorageAway, match="there is no bucket named no-such-bucket"):
            call()


@pytest.mark.parametrize(
    "place", ["s3://", "s3:///x", "ftp://bucket", "s3://key:secret@bucket", "s3://b/x?y=1"]
)
def test_what_is_no_address_of_a_bucket(place: str) -> None:
    assert is_bucket(place)
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        check_bucket(place)
