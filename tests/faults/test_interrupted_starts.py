"""`make run` interrupted at random moments of its first index: the next plain start serves all of it."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.system.launcher import Launcher, ask, launched
from tests.system.pictures import write_gallery
from tests.waiting import wait_until

MOMENTS = int(os.environ.get("FAULT_INTERRUPTS", "60"))
PICTURES = 500
SERVED = "Ctrl-C stops it"
TWICE_WITHIN = 0.2
ENCODER = {"EMBEDDING_MODEL": "color-layout"}
SLOWLY = ENCODER | {"INDEX_BATCH": "4", "INDEX_IN_FLIGHT": "1"}  # most moments are in the middle of the index
SERVICES = ("embedding_service", "search_service", "aggregate_service")


def interrupt(launcher: Launcher) -> None:
    assert launcher.interrupt() in (0, -signal.SIGINT)  # the latter while Python itself still starts


def interrupt_twice(launcher: Launcher) -> None:
    launcher.process.send_signal(signal.SIGINT)
    time.sleep(float(np.random.default_rng().uniform(0, TWICE_WITHIN)))
    interrupt(launcher)


def terminate(launcher: Launcher) -> None:
    launcher.process.terminate()
    assert launcher.wait() in (0, -signal.SIGTERM)


def kill(launcher: Launcher) -> None:
    launcher.process.kill()
    launcher.wait()


def kill_service(name: str) -> Callable[[Launcher], None]:
    """It is started again, so that this start serves already."""

    def kill_it(launcher: Launcher) -> None:
        services = launcher.services()
        if name in services:
            os.kill(services[name], signal.SIGKILL)
            wait_until(lambda: launcher.services().get(name) not in (None, services[name]), f"another {name}")
        launcher.wait_for(SERVED, 300)
        wait_until(launcher.is_ready, "every service to be ready")
        is_whole(launcher)
        interrupt(launcher)

    kill_it.__name__ = f"kill {name}"
    return kill_it


WAYS = [interrupt, interrupt_twice, terminate, kill, *map(kill_service, SERVICES)]


def is_whole(launcher: Launcher) -> None:
    """Every picture is there once and can be found; nothing else is."""
    listed = launcher.get("/images", limit=1000)["images"]
    assert Counter(picture["path"] for picture in listed) == {f"{n:03}.jpg": 1 for n in range(PICTURES)}
    assert [picture["path"] for picture in listed if not picture["searchable"]] == []
    assert launcher.stored() == sorted(picture["id"] for picture in listed)
    for number in range(0, PICTURES, 50):
        assert ask(launcher.port, number)[0] == f"{number:03}.jpg"


def have_ended(services: Mapping[str, int]) -> bool:
    return not any(Path(f"/proc/{process}").exists() for process in services.values())


def new_folder(folder: Path) -> Path:
    folder.mkdir()
    return folder


def serve_once(home: Path, folder: Path, **given: str) -> float:
    """How many seconds it took until it served."""
    began = time.monotonic()
    with launched(home, IMAGES=str(folder), **given) as launcher:
        launcher.wait_for(SERVED, 300)
        took = time.monotonic() - began
        is_whole(launcher)
        assert launcher.interrupt() == 0
    return took


def test_the_next_start_always_serves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_gallery(tmp_path / "my pictures", PICTURES)
    longest = serve_once(new_folder(tmp_path / "undisturbed"), folder, **SLOWLY)
    random = np.random.default_rng(int(os.environ.get("FAULT_SEED", "0")))
    for moment in range(MOMENTS):
        home, way = new_folder(tmp_path / str(moment)), WAYS[moment % len(WAYS)]
        seconds = float(random.uniform(0, longest))
        with launched(home, IMAGES=str(folder), **SLOWLY) as launcher:
            time.sleep(seconds)
            services = launcher.services()
            way(launcher)
            wait_until(partial(have_ended, services), f"the services of start {moment} to end")
            assert "Traceback" not in launcher.said, launcher.said
            reached = [line for line in launcher.said.splitlines() if line.startswith("Indexing")]
        took = serve_once(home, folder, **ENCODER)
        with capsys.disabled():
            where = reached[-1] if reached else "before the index"
            print(
                f"{moment + 1:3}: {way.__name__} after {seconds:.1f} s ({where}); served {took:.1f} s later"
            )
