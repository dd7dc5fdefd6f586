"""`make run` with three real processes: from a folder of pictures to a search, and a clean stop."""

import socket
from pathlib import Path

import httpx2
import pytest

from tests.system.launcher import ask, launched
from tests.system.pictures import write_gallery


def test_a_folder_is_served_in_place_and_the_next_start_knows_it(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 9)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with launched(tmp_path, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        assert f"http://localhost:{launcher.port}" in launcher.said
        assert "Encoder: mini" in launcher.said
        paths = ask(launcher.port, 5)
        assert paths[0] == "005.jpg"
        assert len(paths) == 5
        assert launcher.interrupt() == 0
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(f"http://127.0.0.1:{launcher.port}/healthz")
    (folder / "005.jpg").rename(folder / "moved.jpg")
    with launched(tmp_path, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        assert "0 new, 0 changed, 0 removed, 0 embedded" in launcher.said
        assert ask(launcher.port, 5)[0] == "moved.jpg"
    (folder / "moved.jpg").rename(folder / "005.jpg")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_service_that_cannot_start_ends_it(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 3)
    with launched(tmp_path, IMAGES=str(folder), SEARCH_MAX_K="0", EMBEDDING_MODEL="color-layout") as launcher:
        assert launcher.wait() == 1
        assert "search_service stopped with exit code 1" in launcher.said


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 3)
    with launched(tmp_path, IMAGES=str(folder), EMBEDDING_MODEL="color-layout") as first:
        first.wait_for("Ctrl-C stops it")
        with launched(tmp_path, IMAGES=str(folder), EMBEDDING_MODEL="color-layout") as second:
            assert second.wait() == 1
            assert f"in use by process {first.process.pid}" in second.said
        assert len(first.stored()) == 3


def test_a_model_asked_for_by_name_has_no_silent_fallback(tmp_path: Path) -> None:
    with launched(tmp_path, EMBEDDING_MODEL="openai/clip-vit-base-patch32") as launcher:
        assert launcher.wait() == 1
        assert "openai/clip-vit-base-patch32 can't be had" in launcher.said


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with launched(tmp_path, SEARCH_FASTAPI_PORT=port) as launcher:
            assert launcher.wait() == 1
            assert f"port {port} is in use" in launcher.said


def test_what_is_no_port_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, AGG_FASTAPI_PORT="http") as launcher:
        assert launcher.wait() == 1
        assert "AGG_FASTAPI_PORT=http is no port" in launcher.said


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with launched(tmp_path, IMAGES=str(tmp_path / "none")) as launcher:
        assert launcher.wait() == 1
        assert "there is no such folder" in launcher.said
