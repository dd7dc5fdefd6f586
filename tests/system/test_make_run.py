"""`make run` with three real processes: from a folder of pictures to a search, and a clean stop."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.system.launcher import Launcher, ask, launched
from tests.system.pictures import write_gallery
from tests.waiting import wait_until

SERVICES = ("embedding_service", "search_service", "aggregate_service")
# One picture at a time: slow enough to be interrupted in the middle.
SLOWLY = {"EMBEDDING_MODEL": "color-layout", "INDEX_BATCH": "1", "INDEX_IN_FLIGHT": "1"}
PICTURES = 150


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
        assert "1 new, 0 changed, 1 removed" in launcher.said
        assert ask(launcher.port, 5)[0] == "moved.jpg"
    (folder / "moved.jpg").rename(folder / "005.jpg")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def is_in_the_middle(launcher: Launcher) -> bool:
    """Of the first index: some pictures are searchable, not all of them."""
    try:
        said = httpx2.get(f"http://127.0.0.1:{launcher.port}/readyz", timeout=60).json()
    except httpx2.HTTPError:
        return False
    return bool(0 < said.get("indexing", {}).get("done", 0) < PICTURES)


def each_is_there_once(launcher: Launcher, count: int = PICTURES) -> None:
    listed = launcher.get("/images", limit=1000)["images"]
    assert len({picture["path"] for picture in listed}) == len(listed) == count
    assert all(picture["searchable"] for picture in listed)
    assert launcher.stored() == sorted(picture["id"] for picture in listed)


def interrupt(launcher: Launcher) -> None:
    assert launcher.interrupt() == 0


def interrupt_twice(launcher: Launcher) -> None:
    """The second time while the services are being stopped."""
    launcher.process.send_signal(signal.SIGINT)
    launcher.wait_for("Stopping")
    assert launcher.interrupt() == 0


def terminate(launcher: Launcher) -> None:
    launcher.process.terminate()
    assert launcher.wait() == 0


def kill(launcher: Launcher) -> None:
    """It can stop nothing any more: the services notice by themselves."""
    services = launcher.services()
    launcher.process.kill()
    wait_until(
        lambda: not any(Path(f"/proc/{process}").exists() for process in services.values()),
        "the services to end",
    )
    launcher.wait()


@pytest.mark.parametrize(
    ("stop", "watched"), [(interrupt, False), (interrupt_twice, True), (terminate, False), (kill, True)]
)
def test_an_interrupted_first_index_is_gone_on_with(
    tmp_path: Path, stop: Callable[[Launcher], None], watched: bool
) -> None:
    folder = write_gallery(tmp_path / "my pictures", PICTURES)
    given = SLOWLY | {"IMAGES": str(folder)}
    if watched:
        write_gallery(tmp_path / "watched", 3, first=PICTURES)
        given["WATCH_FOLDERS"] = str(tmp_path / "watched")
    with launched(tmp_path, **given) as launcher:
        wait_until(lambda: is_in_the_middle(launcher), "the middle of the first index")
        services = launcher.services()
        assert set(services) == set(SERVICES)
        stop(launcher)
        assert "Traceback" not in launcher.said
        assert not any(Path(f"/proc/{process}").exists() for process in services.values())
    with launched(tmp_path, IMAGES=str(folder), EMBEDDING_MODEL="color-layout") as launcher:
        launcher.wait_for("Ctrl-C stops it")
        count = PICTURES + 3 * watched
        wait_until(
            lambda: len(launcher.stored()) == count, f"{count} vectors"
        )  # what was watched comes after what is served
        each_is_there_once(launcher, count)


def kill_service(launcher: Launcher, name: str) -> None:
    """Until it runs again, and the others go on."""
    before = launcher.services()
    os.kill(before[name], signal.SIGKILL)
    launcher.wait_for(f"{name} was killed")
    wait_until(lambda: launcher.services().get(name, before[name]) != before[name], f"another {name}")
    after = launcher.services()
    assert {each for each in SERVICES if after[each] != before[each]} == {name}


def test_a_service_that_is_killed_is_started_again(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", PICTURES)
    with launched(tmp_path, IMAGES=str(folder), **SLOWLY) as launcher:
        wait_until(lambda: is_in_the_middle(launcher), "the middle of the first index")
        for name in SERVICES:
            kill_service(launcher, name)
        launcher.wait_for("Ctrl-C stops it")
        each_is_there_once(launcher)
        assert launcher.interrupt() == 0


def test_a_service_that_cannot_start_ends_it(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 3)
    with launched(tmp_path, IMAGES=str(folder), SEARCH_MAX_K="0", **SLOWLY) as launcher:
        assert launcher.wait() == 1
        assert "search_service stopped with exit code 1" in launcher.said


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", 3)
    with launched(tmp_path, IMAGES=str(folder), **SLOWLY) as first:
        first.wait_for("Ctrl-C stops it")
        with launched(tmp_path, IMAGES=str(folder), **SLOWLY) as second:
            assert second.wait() == 1
            assert f"in use by process {first.process.pid}" in second.said
        each_is_there_once(first, 3)


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
