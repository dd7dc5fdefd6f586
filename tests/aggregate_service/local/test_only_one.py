"""One launcher for a folder of data, and who holds it."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from aggregate_service.local.only_one import AlreadyRunning, only_one, refuse_a_second


def no_pause(_seconds: float) -> None: ...


def test_a_second_one_is_told_who_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "folders" / "mine"
    in_use = pytest.raises(AlreadyRunning, match="in use by process")
    with only_one(folder, no_pause, print), in_use, only_one(folder, no_pause, print):
        pass
    with only_one(folder, no_pause, print):
        pass


def test_a_second_one_is_told_where_the_page_is(tmp_path: Path) -> None:
    refuse_a_second(tmp_path)
    refused = pytest.raises(AlreadyRunning, match=r"already runs at http://localhost:8000: .* is in use")
    with only_one(tmp_path, no_pause, print, "http://localhost:8000"), refused:
        refuse_a_second(tmp_path)
    refuse_a_second(tmp_path)


def test_services_whose_launcher_is_gone_are_waited_for(tmp_path: Path) -> None:
    with only_one(tmp_path, no_pause, print) as lock:
        command = [sys.executable, "-c", "input()"]
        service = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=(lock,))
    assert service.stdin is not None
    said: list[str] = []
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            service.communicate(b"end\n", timeout=120)

    with only_one(tmp_path, pause, said.append):
        pass
    assert said == ["Waiting for the services of the last start to end …"]
    assert len(pauses) == 5


def test_a_full_disk_is_no_reason_not_to_start(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with only_one(tmp_path, no_pause, print):
            assert (tmp_path / "launcher.lock").read_bytes() == b""
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
