"""The commands against the real aggregate service, with fakes behind it: they understand each other."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from aggregate_service.cli import main
from aggregate_service.client import ImageSearch
from aggregate_service.main import create_app
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.servers import closed_port
from tests.waiting import wait_until

Output = pytest.CaptureFixture[str]


@pytest.fixture
def url(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The service over the seven indexed pictures, with its jobs at work."""
    world.index()
    app = create_app(world.settings, embedding=world.embedding_client(), search_client=world.search_client())
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        wait_until(lambda: server.started, "the service to start")
        monkeypatch.setenv("IMAGE_SEARCH_URL", address)
        yield address
        server.should_exit = True
        thread.join()


def answer(capsys: Output) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_backup_is_whole_and_for_its_owner_alone(url: str, tmp_path: Path, capsys: Output) -> None:
    file = tmp_path / "all.backup"
    assert main(["backup", str(file)]) == 0
    assert "7 pictures, 0 files that people added, 1 collection(s)" in capsys.readouterr().out
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["verify", str(file)]) == 0
    assert main(["restore", str(file)]) == 2
    assert "serve --restore" in capsys.readouterr().err
    file.write_bytes(file.read_bytes()[:-1])
    assert main(["verify", str(file)]) == 1
    assert "Not a whole backup" in capsys.readouterr().err
    before = file.read_bytes()
    assert main(["backup", str(file), "--server", closed_port()]) == 1
    assert (file.read_bytes(), [path.name for path in tmp_path.glob("*.part")]) == (before, [])


def test_from_files_to_a_deletion(url: str, world: World, tmp_path: Path, capsys: Output) -> None:
    yellow = save_picture(tmp_path / "sent" / "yellow.png", "yellow", (50, 20))
    (tmp_path / "sent" / "text.jpg").write_text("no picture")
    assert main(["index", str(yellow), str(tmp_path / "sent" / "text.jpg"), "--labels", "sent"]) == 0
    captured = capsys.readouterr()
    assert "done, 1 of 2 done, 1 failed" in captured.out
    assert captured.err.startswith("text.jpg: ")
    with ImageSearch(url) as images:
        (sent,) = images.images(label="sent")
        found = images.search(pictures=yellow, k=1)
        assert found.hits[0].index == sent.id
        assert found.hits[0].score == pytest.approx(1, abs=1e-3)
        assert {picture.id for picture in images.images(limit=3)} == {*range(7), sent.id}
        assert images.content(found.hits[0].thumbnail_url).startswith(b"RIFF")
    assert main(["search", str(yellow), "--paths", "-k", "2"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{url}/images/{sent.id}/file"
    assert Path(second) == world.folder / "orange.jpg"
    assert main(["delete", str(sent.id), "--yes"]) == 0
    with ImageSearch(url) as images:
        assert images.page().total == 7
        job = list(images.follow(images.restore(sent.id)))[-1]
        assert (job.kind, job.state) == ("restore", "done")


def test_a_folder_is_indexed_from_anywhere_by_the_service_alone(
    url: str, world: World, tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command's own folder and settings have no part in it: nothing is made there, nothing is lost."""
    save_picture(tmp_path / "pictures of mine" / "yellow.png", "yellow")
    (tmp_path / "pictures of mine" / "text.jpg").write_text("no picture")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(tmp_path / "elsewhere"))
    assert main(["index", "../pictures of mine", "--label", "Mine"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("8 pictures are searchable: ")
    assert "1 embedded, 1 skipped." in captured.out
    assert captured.err.startswith("Skipped text.jpg: ")
    assert list(Path.cwd().iterdir()) == []
    assert sorted(world.vectors()) == list(range(8))
    assert main(["folders", "--json"]) == 0
    labels = [(folder["label"], folder["pictures"]) for folder in answer(capsys)["folders"]]
    assert labels == [("pictures", 7), ("Mine", 1)]
    assert main(["folders", "forget", "../pictures of mine", "--yes"]) == 0
    capsys.readouterr()
    assert main(["folders", "--json"]) == 0
    assert [folder["label"] for folder in answer(capsys)["folders"]] == ["pictures"]


def test_two_at_once_are_both_done(url: str, world: World, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for at, folder in enumerate(folders):
        for n in range(20):
            save_picture(folder / f"{n}.png", (n, 100 * at, 200))
    with ThreadPoolExecutor() as threads:
        codes = list(threads.map(lambda folder: main(["index", str(folder)]), folders))
    assert codes == [0, 0]
    with ImageSearch(url) as images:
        assert [(folder.pictures, folder.indexed) for folder in images.folders()] == [
            (7, True),
            (20, True),
            (20, True),
        ]
        assert all(picture.searchable for picture in images.images())
    assert sorted(world.vectors()) == list(range(47))


def test_what_the_service_cannot_index(url: str, world: World, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["index", str(tmp_path / "empty")]) == 1
    assert main(["index", str(tmp_path / "missing")]) == 1
    no_pictures, missing = capsys.readouterr().err.splitlines()
    assert "no pictures" in no_pictures
    assert "no such folder" in missing
    assert len(world.vectors()) == 7


def test_a_folder_is_sent(url: str, world: World, tmp_path: Path, capsys: Output) -> None:
    save_picture(tmp_path / "sent" / "deep" / "yellow.png", "yellow")
    save_picture(tmp_path / "sent" / "pink.jpg", "pink")
    assert main(["index", str(tmp_path / "sent"), "--upload", "--labels", "sent"]) == 0
    with ImageSearch(url) as images:
        assert len(list(images.images(label="sent"))) == 2
        assert len(images.folders()) == 1


def test_words_jobs_and_models(url: str, capsys: Output) -> None:
    assert main(["search", "red", "-k", "1", "--json"]) == 0
    (result,) = answer(capsys)["results"]
    assert result["similar"][0]["path"] == "red.jpg"
    assert main(["models", "--json"]) == 0
    assert answer(capsys)["default"] == "average-colour"
    assert main(["jobs", "--json"]) == 0
    assert isinstance(answer(capsys)["jobs"], list)
    assert main(["jobs", "show", "nothing"]) == 1
    assert main(["delete", "99", "--yes"]) == 1
