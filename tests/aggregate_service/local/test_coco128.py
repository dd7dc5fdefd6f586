"""COCO128 from a zip or an address: whole, checked, or a clear refusal within seconds."""

import hashlib
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aggregate_service.local.coco128 import Coco128Unavailable, download, unpack


def write_archive(path: Path, pictures: int = 128, extra: str = "", content: bytes = b"\xff\xd8") -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for number in range(pictures):
            bundle.writestr(f"coco128/images/train2017/{number:012}.jpg", content)
            bundle.writestr(f"coco128/labels/train2017/{number:012}.txt", "0 0.5 0.5 1 1")
        if extra:
            bundle.writestr(extra, b"escaped")
    return path


@contextmanager
def serving(archive: Path) -> Iterator[str]:
    """Yields the archive's address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    handler = partial(Quiet, directory=str(archive.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/{archive.name}"
        httpd.shutdown()
        thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "served").mkdir()
    with serving(write_archive(tmp_path / "served" / "coco128.zip")) as url:
        yield url


def ignore(_done: int, _total: int) -> None: ...


def test_unpack_lays_out_pictures_and_labels(tmp_path: Path) -> None:
    unpack(write_archive(tmp_path / "a.zip"), tmp_path / "data/coco-128", tmp_path / "data/scratch")
    assert len(list((tmp_path / "data/coco-128/train").glob("*.jpg"))) == 128
    assert len(list((tmp_path / "data/coco-128/labels").glob("*.txt"))) == 128
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["coco-128"]


def test_unpack_never_writes_outside(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", extra="../../images/train2017/../../../escaped.jpg")
    unpack(archive, tmp_path / "data/coco-128", tmp_path / "data/scratch")
    assert not list(tmp_path.rglob("escaped.jpg"))


@pytest.mark.parametrize("pictures", [0, 127])
def test_archive_of_something_else_is_refused_and_leaves_nothing(tmp_path: Path, pictures: int) -> None:
    with pytest.raises(Coco128Unavailable, match=f"holds {pictures} pictures"):
        unpack(write_archive(tmp_path / "a.zip", pictures), tmp_path / "coco-128", tmp_path / "scratch")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_truncated_archive_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip")
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(Coco128Unavailable, match="isn't a readable COCO128 archive"):
        unpack(archive, tmp_path / "coco-128", tmp_path / "scratch")


def test_download_checks_the_sum(server: str, tmp_path: Path) -> None:
    target = tmp_path / "got.zip"
    with pytest.raises(Coco128Unavailable, match="something else"):
        download(server, target, ignore)
    assert list(tmp_path.glob("got*")) == []
    good = hashlib.sha256((tmp_path / "served/coco128.zip").read_bytes()).hexdigest()
    seen: list[tuple[int, int]] = []
    download(server, target, lambda done, total: seen.append((done, total)), sha256=good)
    assert seen[-1] == (target.stat().st_size, target.stat().st_size)


@pytest.mark.parametrize("listening", [False, True])
def test_silent_address_is_given_up_within_seconds(tmp_path: Path, listening: bool) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listening:
            silent.listen()
        with pytest.raises(Coco128Unavailable, match="can't be reached"):
            download(f"http://127.0.0.1:{silent.getsockname()[1]}/coco128.zip", tmp_path / "got.zip", ignore)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip")
    content = archive.read_bytes()
    directory = content.index(
        b"PK\x01\x02"
    )  # the flags of its first entry, there and in the file's own header
    for flags in (6, directory + 8):
        content = content[:flags] + b"\x01" + content[flags + 1 :]
    archive.write_bytes(content)
    with pytest.raises(Coco128Unavailable, match="isn't a readable COCO128 archive"):
        unpack(archive, tmp_path / "coco-128", tmp_path / "scratch")


def test_what_else_lies_in_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / "coco-128").mkdir()
    (tmp_path / "coco-128" / "notes.txt").write_text("mine")
    unpack(write_archive(tmp_path / "a.zip"), tmp_path / "coco-128", tmp_path / "scratch")
    assert sorted(path.name for path in (tmp_path / "coco-128").iterdir()) == ["labels", "notes.txt", "train"]
