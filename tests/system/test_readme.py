"""Every `curl` command of the README, typed as it stands against three running services."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.launcher import Launcher, launched
from tests.system.pictures import jpeg, write_gallery

README = Path(__file__).parents[2] / "README.md"
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    for line in block.splitlines()
    if line.startswith("curl ")
]

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="the README's commands need curl and jq"
)


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    folder = write_gallery(tmp_path_factory.mktemp("readme") / "pictures", 8)
    with launched(folder.parent, IMAGES=str(folder)) as launcher:
        launcher.wait_for("Ctrl-C stops it")
        yield launcher


def test_the_readme_has_commands() -> None:
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_command_answers_as_json(command: str, services: Launcher, tmp_path: Path) -> None:
    for number, name in enumerate(("beach.jpg", "dog.jpg")):
        (tmp_path / name).write_bytes(jpeg(number))
    for usual, port in services.ports.items():
        command = command.replace(f"localhost:{usual}", f"127.0.0.1:{port}")
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "status" not in answer, answer
