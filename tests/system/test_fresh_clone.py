"""The README's commands, typed as they stand into a fresh clone: no network, no containers.

Its environment is made of links to the one that the tests run in, and says that everything is installed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from aggregate_service.cli.exit_codes import DONE, NOTHING_CLOSE
from tests.ports import free_port
from tests.system.launcher import UNREACHABLE
from tests.system.pictures import draw_picture, write_gallery

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines()
]
OURS = [line for line in COMMANDS if line.startswith(("image-search ", ". .venv/bin/activate"))]
NAMES = ("AGG_FASTAPI_PORT", "SEARCH_FASTAPI_PORT", "EMBEDDING_FASTAPI_PORT")
DATA = "data/coco-128"


class Clone:
    """`git clone` of what is here, changes and all; a few drawn pictures stand in for COCO128."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._copy()
        self._install()
        write_gallery(folder / DATA / "train", 8)
        (folder / DATA / "labels").mkdir()
        for number in range(8):
            (folder / DATA / "labels" / f"{number:03}.txt").write_text(f"{15 + number % 2} 0.5 0.5 1 1\n")
        for number in range(14):
            place = folder / "pictures" / ("cats" if number % 2 else "dogs") / f"{number}.png"
            place.parent.mkdir(parents=True, exist_ok=True)
            draw_picture(number % 2).resize((200 + number, 150)).save(place)
        draw_picture(3).save(folder / "photo.jpg")
        ports = {name: str(free_port()) for name in NAMES}
        self.url = f"http://127.0.0.1:{ports[NAMES[0]]}"
        self.environment = ports | {
            "PATH": f"{folder}/.venv/bin{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "PYTHONPATH": str(folder),
            "HF_ENDPOINT": UNREACHABLE,
            "IMAGE_SEARCH_URL": self.url,
            "COLUMNS": "200",
        }

    def _copy(self) -> None:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file() and not name.startswith(("docs/screenshots", "tests/")):
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)

    def _install(self) -> None:
        venv = self.folder / ".venv"
        (venv / "bin").mkdir(parents=True)
        (venv / "bin" / "python").symlink_to(sys.executable)
        shutil.copy2(Path(sys.prefix) / "pyvenv.cfg", venv)
        packages = Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
        (venv / packages.parent).mkdir(parents=True)
        (venv / packages).symlink_to(Path(sys.prefix) / packages)
        (venv / "bin" / "activate").write_text(f'PATH="{venv}/bin:$PATH"\n')
        script = venv / "bin" / "image-search"
        script.write_text(f'#!/bin/sh\nexec "{venv}/bin/python" -m aggregate_service.cli "$@"\n')
        script.chmod(0o755)
        wanted = "{ pwd -P; cat pyproject.toml constraints.txt scripts/install; } | cksum"
        stamp = subprocess.run(["bash", "-c", wanted], cwd=self.folder, check=True, capture_output=True)
        (venv / "installed-embedding,search,aggregate").write_bytes(stamp.stdout)

    def start(self, command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "said").open("wb") as output:
            return subprocess.Popen(
                ["bash", "-c", command],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """With `make run` going on in it, as in a first terminal."""
    made = Clone(tmp_path_factory.mktemp("fresh") / "image-search")
    (make_run,) = (line for line in COMMANDS if line.startswith("make run"))
    running = made.start(make_run)
    try:
        _wait_until_ready(made, running)
        yield made
    finally:
        os.killpg(running.pid, signal.SIGINT)  # Ctrl-C reaches all of them
        assert running.wait(120) in (0, 2, 130, -signal.SIGINT)


def _wait_until_ready(clone: Clone, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 600
    while True:
        said = (clone.folder / "said").read_text()
        assert running.poll() is None, said
        assert time.monotonic() < deadline, said
        try:
            if httpx2.get(f"{clone.url}/readyz", timeout=10).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.5)


def test_the_readme_has_our_commands() -> None:
    named = {re.sub(r"^\. .*&& ", "", line).split()[1] for line in OURS}
    assert named >= {"evaluate", "index", "search", "improve"}


def test_every_command_of_ours_works_in_this_order(clone: Clone) -> None:
    for line in OURS:
        command = line.replace("/path/to/folder", str(clone.folder / "pictures"))
        done = clone.run(command)
        assert done.returncode in (DONE, NOTHING_CLOSE), (command, done.stdout, done.stderr)
        assert done.stdout or done.stderr


def test_what_make_run_served(clone: Clone) -> None:
    said = (clone.folder / "said").read_text()
    assert "Pictures: COCO128" in said
    assert "Ctrl-C stops it" in said
