"""`make run` interrupted, and its services killed, in the middle of the first index: nothing is lost."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.system.launcher import Launcher, launched
from tests.system.pictures import write_gallery
from tests.waiting import wait_until

SERVICES = ("embedding_service", "search_service", "aggregate_service")
# One picture at a time: slow enough to be interrupted in the middle.
SLOWLY = {"EMBEDDING_MODEL": "color-layout", "INDEX_BATCH": "1", "INDEX_IN_FLIGHT": "1"}
PICTURES = 150


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


@pytest.mark.parametrize(("stop", "watched"), [(interrupt_twice, True), (terminate, False), (kill, True)])
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


def test_a_first_index_that_is_cancelled_leaves_what_it_reached(tmp_path: Path) -> None:
    folder = write_gallery(tmp_path / "my pictures", PICTURES)
    with launched(tmp_path, IMAGES=str(folder), **SLOWLY) as launcher:
        wait_until(lambda: is_in_the_middle(launcher), "the middle of the first index")
        url = f"http://127.0.0.1:{launcher.port}"
        job = httpx2.get(f"{url}/readyz", timeout=60).json()["start_job"]
        assert httpx2.delete(f"{url}/jobs/{job}", timeout=60).status_code == 200
        launcher.wait_for("Ctrl-C stops it")
        assert "Indexing was cancelled" in launcher.said
        assert 0 < len(launcher.stored()) < PICTURES
        assert httpx2.get(f"{url}/readyz", timeout=60).status_code == 200


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
