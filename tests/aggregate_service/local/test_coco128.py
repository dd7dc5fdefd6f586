"""COCO128 from a zip or an address: whole, checked, or a clear refusal within seconds."""

import hashlib
import socket
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aggregate_service.local.coco128 import Coco128Unavailable, download, unpack


def write_archive(path: Path, pictures: int = 128, extra: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for number in range(pictures):
            bundle.writestr(f"coco128/images/train2017/{number:012}.jpg", b"\xff\xd8 picture")
            bundle.writestr(f"coco128/labels/train2017/{number:012}.txt", "0 0.5 0.5 1 1")
        if extra:
            bundle.writestr(extra, b"escaped")
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "served"
    folder.mkdir()
    write_archive(folder / "coco128.zip")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}/coco128.zip"
        httpd.shutdown()
        thread.join()


def ignore(_done: int, _total: int) -> None: ...


def test_unpack_lays_out_pictures_and_labels(tmp_path: Path) -> None:
    unpack(write_archive(tmp_path / "a.zip"), tmp_path / "data" / "coco-128")
    assert len(list((tmp_path / "data/coco-128/train").glob("*.jpg"))) == 128
    assert len(list((tmp_path / "data/coco-128/labels").glob("*.txt"))) == 128
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["coco-128"]


def test_unpack_never_writes_outside(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip", extra="../../images/train2017/../../../escaped.jpg")
    unpack(archive, tmp_path / "data" / "coco-128")
    assert not list(tmp_path.rglob("escaped.jpg"))


@pytest.mark.parametrize("pictures", [0, 127])
def test_archive_of_something_else_is_refused_and_leaves_nothing(tmp_path: Path, pictures: int) -> None:
    with pytest.raises(Coco128Unavailable, match=f"holds {pictures} pictures"):
        unpack(write_archive(tmp_path / "a.zip", pictures), tmp_path / "data" / "coco-128")
    assert list((tmp_path / "data").iterdir()) == []


def test_truncated_archive_is_refused(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.zip")
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(Coco128Unavailable, match="isn't a readable COCO128 archive"):
        unpack(archive, tmp_path / "coco-128")


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
