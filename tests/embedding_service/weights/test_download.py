"""The hub: asked with short limits, resumed, verified, laid out so that transformers' own cache finds it."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import snapshot_download

from embedding_service.encoders.specs import BY_NAME, CHECKPOINT_FILES, DEFAULT
from embedding_service.weights.download import DownloadFailed, Stopped, download
from embedding_service.weights.hub import Hub, HubUnavailable
from tests.embedding_service.fakes import FakeHub, fake_hub, waiting_connections
from tests.faults.small_disk import mounted

Progress = list[tuple[str, int, int]]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for name in CHECKPOINT_FILES:
        (folder / name).write_bytes(name.encode() * 200_000 if "safetensors" in name else name.encode())
    return folder


@pytest.fixture
def server(files: Path) -> Iterator[FakeHub]:
    with fake_hub(files) as server:
        yield server


@pytest.fixture
def hub(server: FakeHub, tmp_path: Path) -> Hub:
    return Hub(tmp_path / "cache", server.url, offline=False, seconds=120)


class Unhurried(threading.Event):
    """Nobody stops the download; the pauses between its attempts are only noted."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout)
        return False


def fetch(hub: Hub, stop: threading.Event | None = None) -> tuple[Path, Progress]:
    progress: Progress = []
    folder = download(hub, DEFAULT, lambda *step: progress.append(step), stop or threading.Event())
    return folder, progress


def test_every_file_arrives_whole(hub: Hub, files: Path) -> None:
    folder, progress = fetch(hub)
    assert folder == hub.cached_folder(DEFAULT)
    for name in CHECKPOINT_FILES:
        assert (folder / name).read_bytes() == (files / name).read_bytes()
    assert progress[-1] == ("model.safetensors", 3_400_000, 3_400_000)


def test_the_hubs_own_client_finds_it(hub: Hub) -> None:
    folder, _ = fetch(hub)
    found = snapshot_download(
        DEFAULT.name, revision=DEFAULT.revision, cache_dir=hub.cache, local_files_only=True
    )
    assert Path(found) == folder


def test_what_is_there_is_not_asked_for(hub: Hub, server: FakeHub) -> None:
    fetch(hub)
    server.status = 500
    assert fetch(hub)[1] == []


def test_goes_on_where_it_broke_off(hub: Hub, server: FakeHub, files: Path) -> None:
    server.breaks_off_after = [10_000] * 4 + [2_500_000]
    unhurried = Unhurried()
    folder, _ = fetch(hub, unhurried)
    assert unhurried.pauses == [1]
    assert (folder / "model.safetensors").read_bytes() == (files / "model.safetensors").read_bytes()
    assert len(server.ranges) == 1
    assert 1_000_000 <= int(server.ranges[0][6:-1]) <= 2_500_000


def test_what_arrives_damaged_is_thrown_away(hub: Hub, server: FakeHub) -> None:
    server.tampers = True
    with pytest.raises(DownloadFailed, match="checksum"):
        fetch(hub)
    assert hub.cached_folder(DEFAULT) is None
    server.tampers = False
    fetch(hub)


def test_stops_in_the_middle(hub: Hub) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        download(hub, DEFAULT, lambda *_: None, stop)


def test_folder_that_cannot_be_written(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(DownloadFailed, match="can't be written"):
        fetch(hub)


def test_no_room_is_named_and_with_room_made_it_goes_on(server: FakeHub, tmp_path: Path) -> None:
    with mounted(tmp_path / "cache", 4):
        hub = Hub(tmp_path / "cache", server.url, offline=False, seconds=5)
        (tmp_path / "cache" / "filler").write_bytes(bytes(2_000_000))
        with pytest.raises(DownloadFailed, match=r"no room in .*/cache: 3\.4 MB are needed.*HF_HOME"):
            fetch(hub)
        (tmp_path / "cache" / "filler").unlink()
        folder, _ = fetch(hub)
        assert folder == hub.cached_folder(DEFAULT)
        assert server.ranges, "it began anew"


@pytest.mark.parametrize("status", [401, 404, 500, 503])
def test_hub_that_refuses(hub: Hub, server: FakeHub, status: int) -> None:
    server.status = status
    with pytest.raises(HubUnavailable, match=rf"refuses: HTTP {status}"):
        fetch(hub)


def test_offline_is_not_asked(hub: Hub) -> None:
    with pytest.raises(HubUnavailable, match="HF_HUB_OFFLINE"):
        fetch(Hub(hub.cache, hub.endpoint, offline=True, seconds=120))


def test_hub_where_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        hub = Hub(tmp_path, f"http://127.0.0.1:{unused.getsockname()[1]}", offline=False, seconds=120)
        with pytest.raises(HubUnavailable, match="can't be reached"):
            fetch(hub)


def test_hub_that_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hub = Hub(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}", offline=False, seconds=0.2)
        with pytest.raises(HubUnavailable, match=r"127\.0\.0\.1 doesn't answer within 0\.2 s"):
            fetch(hub)
        assert waiting_connections(silent) <= 1


def test_a_file_outside_the_hub(hub: Hub, server: FakeHub, files: Path) -> None:
    content = b"weights" * 1000
    (files / "vgg16-397923af.pth").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    spec = replace(BY_NAME["torchvision/vgg16"], address=f"{server.url}/resolve/1/vgg16-397923af.pth")
    with pytest.raises(DownloadFailed, match="arrived damaged: its checksum isn't 397923af8e79"):
        download(hub, spec, lambda *_: None, threading.Event())
    spec = replace(spec, weights_sha256=digest)
    folder = download(hub, spec, lambda *_: None, threading.Event())
    assert folder == hub.cached_folder(spec)
    assert (folder / "vgg16-397923af.pth").read_bytes() == content
    assert (folder / "vgg16-397923af.pth").resolve().name == digest


def test_an_address_that_refuses_is_named(hub: Hub, server: FakeHub) -> None:
    server.status = 403
    spec = replace(BY_NAME["torchvision/vgg16"], address=f"{server.url}/resolve/1/vgg16-397923af.pth")
    with pytest.raises(HubUnavailable, match=r"127\.0\.0\.1.*403"):
        hub.describe(spec, list(spec.files))
