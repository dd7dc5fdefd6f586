"""`scripts/install` is stopped anywhere, runs twice at once, fails: it goes on, and removes only its own."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.project.fake_python import Clone, finish, stop

# In short naps: one that a signal just misses ends soon by itself.
LINGER = ': >"$FAKE/reached"; while :; do sleep 0.05; done'


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def reach(clone: Clone, step: str, process: subprocess.Popen[str]) -> None:
    """Wait until the fake is in the step that the test told it to linger in."""
    deadline = time.monotonic() + 60
    while not (clone.fake / "reached").exists():
        assert process.poll() is None, f"ended before {step}: {finish(process)}"
        assert time.monotonic() < deadline, f"waited 60 s for {step}"
        time.sleep(0.01)


def test_it_installs_once(clone: Clone) -> None:
    code, said = clone.install()
    assert (code, clone.installs) == (0, 1), said
    assert clone.asked[0].endswith("-c constraints.txt -e .[embedding,search,aggregate]")
    assert clone.install() == (0, "")
    assert clone.installs == 1


def test_other_extras_and_changed_pins_are_installed_too(clone: Clone) -> None:
    clone.install("search")
    assert clone.install("search,dev")[0] == 0
    assert clone.installs == 2
    with (clone.folder / "constraints.txt").open("a") as pins:
        pins.write("other==1.0\n")
    clone.install("search")
    assert clone.installs == 3


@pytest.mark.parametrize("venv", ["", "an environment/für uns"])
def test_spaces_and_umlauts_in_paths(tmp_path: Path, venv: str) -> None:
    clone = Clone(tmp_path / "Meine Fotos ä")
    code, said = clone.install(VENV=venv)
    assert code == 0, said
    assert (clone.folder / (venv or ".venv") / "bin/python").exists()


# --- what it may remove


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "beach.jpg").write_bytes(b"a photo")
    return folder


def test_a_folder_of_something_else_is_refused_untouched(clone: Clone, photos: Path) -> None:
    code, said = clone.install(VENV=str(photos))
    assert code == 1
    assert len(said.splitlines()) == 1
    assert "photos" in said
    assert "VENV=" in said
    assert [path.name for path in photos.iterdir()] == ["beach.jpg"]
    assert clone.asked == []


def test_someone_elses_environment_whose_python_broke_is_refused_untouched(
    clone: Clone, photos: Path
) -> None:
    (photos / "bin").mkdir()
    (photos / "bin/python").symlink_to("/nonexistent/python3.11")
    code, said = clone.install(VENV=str(photos))
    assert code == 1
    assert "working Python" in said
    assert (photos / "beach.jpg").exists()
    assert (photos / "bin/python").is_symlink()


def test_someone_elses_environment_that_works_is_used_as_it_is(clone: Clone, photos: Path) -> None:
    (photos / "bin").mkdir()
    clone.add_python("python3.11").rename(photos / "bin/python")
    clone.add_python("python3.11")
    code, said = clone.install(VENV=str(photos))
    assert (code, clone.installs) == (0, 1), said
    assert (photos / "beach.jpg").exists()


@pytest.mark.parametrize("there", [True, False])
def test_what_failed_leaves_the_folder_as_it_was(clone: Clone, tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "new"
    if there:
        folder.mkdir()
    clone.when("venv", 'echo "Error: [Errno 28] No space left on device" >&2; exit 1')
    code, said = clone.install(VENV=str(folder))
    assert code == 1
    assert "No space left on device" in said.splitlines()[-1]
    assert folder.exists() == there
    assert not there or list(folder.iterdir()) == []
    clone.forget("venv")
    assert clone.install(VENV=str(folder))[0] == 0


def test_a_place_that_cannot_be_made_is_named(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    code, said = clone.install(VENV=str(tmp_path / "file" / "venv"))
    assert code == 1
    assert "file/venv" in said.splitlines()[-1]


def test_our_own_environment_whose_python_broke_is_made_anew(clone: Clone) -> None:
    clone.install()
    (clone.venv / "bin/python").unlink()
    (clone.venv / "bin/python").symlink_to("/nonexistent/python3.11")
    code, said = clone.install()
    assert (code, clone.installs) == (0, 2), said


def test_a_clone_that_was_moved_is_installed_anew(clone: Clone) -> None:
    clone.install()
    (clone.venv / "bin/pytest").write_text("#!/the/old/place/bin/python")
    clone.folder = clone.folder.rename(clone.folder.with_name("moved"))
    assert clone.install()[0] == 0
    assert clone.installs == 2
    assert not (clone.venv / "bin/pytest").exists()


# --- stopped and failed


@pytest.mark.parametrize("step", ["venv", "ensurepip", "pip"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_anywhere_the_next_run_goes_on(clone: Clone, step: str, number: signal.Signals) -> None:
    clone.when(step, LINGER)
    process = clone.start()
    reach(clone, step, process)
    code, _ = stop(process, number)
    assert code != 0
    assert not list(clone.venv.glob("installed-*"))
    clone.forget(step)
    code, said = clone.install()
    assert (code, clone.installs) == (0, 1), said


def test_ctrl_c_that_pip_catches_is_no_failure_of_the_network(clone: Clone) -> None:
    clone.when("pip", f"trap 'exit 1' INT; {LINGER}")
    process = clone.start()
    reach(clone, "pip", process)
    code, said = stop(process, signal.SIGINT)
    assert code == 130
    assert "network" not in said


def test_a_pip_that_fails_ends_in_one_plain_line_and_its_exit_code(clone: Clone) -> None:
    clone.when("pip", 'echo "ERROR: No matching distribution found" >&2; exit 3')
    code, said = clone.install()
    assert code == 3
    assert "network" in said.splitlines()[-1]
    assert "again" in said.splitlines()[-1]
    clone.forget("pip")
    assert clone.install()[0] == 0
    assert clone.installs == 1


def test_a_package_that_a_killed_pip_left_in_halves_is_installed_again(clone: Clone) -> None:
    packages = clone.venv / "lib/python3.11/site-packages"
    whole, half = packages / "whole-1.0.dist-info", packages / "half-1.0.dist-info"
    clone.when("pip", f'mkdir -p "{whole}" "{half}"; : >"{whole}/INSTALLER"; : >"{half}/METADATA"; exit 1')
    assert clone.install()[0] == 1
    clone.forget("pip")
    assert clone.install()[0] == 0
    assert whole.exists()
    assert not half.exists()


def test_python_without_ensurepip_gets_the_systems_pip(clone: Clone) -> None:
    clone.when("ensurepip", 'echo "No module named ensurepip" >&2; exit 1')
    code, said = clone.install()
    assert (code, clone.installs) == (0, 1), said
    assert clone.asked[0].startswith("system -m pip --python")


def test_an_environment_without_pip_gets_one(clone: Clone) -> None:
    clone.install()
    (clone.venv / "bin/pip").unlink()
    assert clone.install("search")[0] == 0
    assert (clone.venv / "bin/pip").exists()


# --- two at once


def test_two_at_once_take_turns(clone: Clone) -> None:
    clone.when("pip", ': >"$FAKE/reached"; while [ ! -e "$FAKE/go" ]; do sleep 0.05; done')
    first = clone.start()
    reach(clone, "pip", first)
    same, other = clone.start(), clone.start("search")
    for waiting in (same, other):
        assert waiting.stdout is not None
        assert "waiting" in waiting.stdout.readline()
    (clone.fake / "go").touch()
    assert [finish(process)[0] for process in (first, same, other)] == [0, 0, 0]
    assert [line.split()[0] for line in clone.asked] == ["begin", "end"] * 2


def test_a_killed_one_keeps_nobody_waiting(clone: Clone) -> None:
    clone.when("venv", LINGER)
    process = clone.start()
    reach(clone, "venv", process)
    stop(process, signal.SIGKILL)
    clone.forget("venv")
    code, said = clone.install()
    assert code == 0
    assert "waiting" not in said


# --- which Python


def test_the_first_python_that_is_checked_for_is_taken(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ("python3", "python3.12", "python3.13"))
    clone.when("version", 'case "$0" in *3.12) exit 1;; *3.13) VERSION=3.13;; *) VERSION=3.10;; esac')
    code, said = clone.install()
    assert code == 0, said
    assert len(said.splitlines()) == 1


def test_a_newer_python_than_those_checked_is_used_and_said(tmp_path: Path) -> None:
    clone = Clone(tmp_path, ("python3",))
    code, said = clone.install(VERSION="3.99")
    assert code == 0, said
    assert "3.99" in said.splitlines()[0]
    assert clone.install(VERSION="3.99") == (0, "")


@pytest.mark.parametrize("version", ["2.7", "3.10"])
def test_an_older_python_is_refused(tmp_path: Path, version: str) -> None:
    code, said = Clone(tmp_path, ("python3",)).install(VERSION=version)
    assert code == 1
    assert "Python 3.11 or newer" in said


def test_without_any_python_it_says_so(tmp_path: Path) -> None:
    code, said = Clone(tmp_path, ()).install()
    assert code == 1
    assert "Python 3.11 or newer" in said


def test_a_python_that_was_asked_for_is_never_replaced(clone: Clone) -> None:
    code, said = clone.install(PYTHON="/nonexistent/python3.13")
    assert code == 1
    assert "/nonexistent/python3.13" in said
    assert not clone.venv.exists()
