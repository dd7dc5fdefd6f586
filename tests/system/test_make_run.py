"""`make run` with three real processes: from a folder of pictures to a search, and a clean stop."""

import re
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


def test_opened_wider_without_a_password_it_prints_a_link_that_signs_in(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 3)
    given = {"AGG_FASTAPI_HOST": "0.0.0.0", "EMBEDDING_MODEL": "color-layout"}
    with launched(tmp_path, IMAGES=str(folder), **given) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        link = re.search(r"ready: http://localhost:\d+(/sign-in\?token=\S{32,})\n", launcher.said)
        assert link is not None, launcher.said
        with httpx2.Client(base_url=f"http://127.0.0.1:{launcher.port}") as visitor:
            assert visitor.get("/images").status_code == 401
            assert visitor.get("/sign-in?token=guess").status_code == 401
            assert visitor.get(link[1]).status_code == 303
            assert visitor.get("/images").json()["total"] == 3
        for port in (launcher.ports[8001], launcher.ports[8002]):  # these two have no accounts
            assert listens_on(port) == {"127.0.0.1"}


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


def listens_on(port: int) -> set[str]:
    """The IPv4 addresses of this machine on which somebody waits there, as /proc says it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    waiting = [local for _, local, _, state, *_ in rows if state == "0A" and int(local[9:], 16) == port]
    return {socket.inet_ntoa(bytes.fromhex(local[:8])[::-1]) for local in waiting}
