"""The commands against the real aggregate service, with fakes behind it: they understand each other."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from aggregate_service.cli import main
from aggregate_service.client import ImageSearch
from aggregate_service.main import create_app
from tests.aggregate_service.conftest import World, save_picture
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
        monkeypatch.setenv("CATALOG_PATH", str(world.settings.catalog_path))
        monkeypatch.setenv("UPLOAD_DIR", str(world.settings.upload_dir))
        yield address
        server.should_exit = True
        thread.join()


def answer(capsys: Output) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


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
    assert Path(first).read_bytes() == yellow.read_bytes()
    assert Path(second) == world.folder / "orange.jpg"
    assert main(["delete", str(sent.id), "--yes"]) == 0
    with ImageSearch(url) as images:
        assert images.page().total == 7
        job = list(images.follow(images.restore(sent.id)))[-1]
        assert (job.kind, job.state) == ("restore", "done")


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
