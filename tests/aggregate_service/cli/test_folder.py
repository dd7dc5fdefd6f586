"""A folder indexed in place: lines, exit codes, one run at a time, changes followed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import IO

import pytest
from rich.console import Console

from aggregate_service.cli import main
from aggregate_service.cli.progress import progress_lines
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import DONE, Jobs
from aggregate_service.local.only_one import only_one
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.servers import closed_port, serving
from tests.waiting import wait_until


@contextmanager
def installed(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a machine whose services run."""
    with serving(world.embedding.app()) as embedding, serving(world.search.app()) as search:
        monkeypatch.setenv("EMBEDDING_API_URL", embedding)
        monkeypatch.setenv("SEARCH_API_URL", search)
        monkeypatch.setenv("CONNECT_SECONDS", "60")
        monkeypatch.setenv("CATALOG_PATH", str(world.settings.catalog_path))
        monkeypatch.setenv("IMAGES_PATH_FILE", str(world.settings.images_path_file))
        yield


def test_it_indexes_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (world.folder / "bad\n[bold].jpg").write_text("text")
    with installed(world, monkeypatch):
        assert main(["index", str(world.folder), "--label", "COCO", "--notice", ""]) == 0
    out = capsys.readouterr().out
    assert "Embedding 7/7" in out
    assert "7 pictures are searchable" in out
    assert "bad\\n[bold].jpg" in out
    assert "\x1b" not in out
    catalog = world.catalog()
    assert [(root.label, root.path) for root in catalog.roots.all()] == [("COCO", str(world.folder))]
    catalog.close()


def test_it_works_from_a_relative_folder_as_a_module(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with installed(world, monkeypatch):
        command = [sys.executable, "-W", "error", "-m", "aggregate_service.cli", "index", "pictures"]
        root = Path(__file__).parents[3]
        monkeypatch.setenv("PYTHONPATH", str(root))
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_cannot_be_done_is_one_line_and_exit_code_1(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with installed(world, monkeypatch):
        assert main(["index", str(world.folder / "missing")]) == 1
        monkeypatch.setenv("SEARCH_API_URL", closed_port())
        assert main(["index", str(world.folder)]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "no such folder" in lines[0]
    assert "search service" in lines[1]


def test_a_running_start_with_another_catalogue_is_left_alone(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    served = tmp_path / "data" / "folders" / "theirs"
    with only_one(served, lambda _seconds: None, print), installed(world, monkeypatch):
        assert main(["index", str(world.folder)]) == 1
    said = capsys.readouterr().err
    assert f"serves another catalogue now ({served})" in said
    assert f"WATCH_FOLDERS={world.folder}" in said
    assert world.search.calls == []


def keep(said: list[str], capfd: pytest.CaptureFixture[str]) -> list[str]:
    said.append(capfd.readouterr().err)
    return said


def test_a_run_under_way_is_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    catalog = world.catalog()
    runs = FolderJobs(Jobs(catalog.database), "somebody else", 3600)
    other = runs.begin(FolderRun("/elsewhere"))
    assert other is not None
    said: list[str] = []
    with installed(world, monkeypatch), ThreadPoolExecutor() as threads:
        code = threads.submit(main, ["index", str(world.folder)])
        wait_until(lambda: "Waiting for" in "".join(keep(said, capfd)), "the second run to wait")
        assert world.search.calls == []
        runs.end(other.id, DONE, 0, [])
        assert code.result() == 0
    catalog.close()


@pytest.mark.parametrize("arguments", [[], ["index"], ["fly"], ["index", "a", "b"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Usage" in capsys.readouterr().err


def test_a_terminal_gets_a_bar() -> None:
    screen = StringIO()
    with progress_lines(Console(file=screen, force_terminal=True)) as progress:
        for done in range(11):
            progress("Embedding", done, 10)
    assert "10/10" in screen.getvalue()
    assert "\x1b" in screen.getvalue()


def test_elsewhere_lines_are_few() -> None:
    screen, now = StringIO(), 0.0
    with progress_lines(Console(file=screen), lambda: now) as progress:
        for done in range(1001):
            now = done / 64
            progress("Embedding", done, 1000)
        progress("Nothing", 0, 0)
    assert screen.getvalue().splitlines() == [f"Embedding {done}/1000" for done in (0, 320, 640, 960, 1000)]


_INTERRUPTIBLE = """
import signal, sys
from aggregate_service.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
sys.exit(main(sys.argv[1:]))
"""


def test_a_watched_folder_is_followed_until_interrupted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", str(root))
    command = [sys.executable, "-u", "-c", _INTERRUPTIBLE, "index", "pictures", "--watch"]
    with installed(world, monkeypatch):
        watching = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert watching.stdout is not None
        try:
            _read_until(watching.stdout, "7 pictures are searchable")
            save_picture(world.folder / "new.png", "yellow")
            _read_until(watching.stdout, "8 pictures are searchable")
            (world.folder / "new.png").unlink()
            _read_until(watching.stdout, "1 removed")
        finally:
            watching.send_signal(signal.SIGINT)
            _, errors = watching.communicate(timeout=120)
    assert watching.returncode == 130
    assert errors.strip() == "Stopped watching."


def _read_until(lines: IO[str], words: str) -> None:
    for line in lines:
        if words in line:
            return
    pytest.fail(f"it ended without {words!r}")
