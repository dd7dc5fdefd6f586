"""The command in every hint works as typed, in a shell, where it is read."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from embedding_service.encoders.specs import DEFAULT
from embedding_service.fetch import NO_HUB
from embedding_service.weights.commands import CONTAINERS_PYTHON, fetch_command

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", [None, DEFAULT.name])
def test_it_runs_as_typed(name: str | None, tmp_path: Path) -> None:
    """Offline it gets as far as to say that the hub isn't asked: every import works."""
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    ran = subprocess.run(
        fetch_command(name), shell=True, env=environment, capture_output=True, text=True, timeout=600
    )
    assert ran.returncode == NO_HUB, ran.stderr
    assert "HF_HUB_OFFLINE" in ran.stderr


def test_a_python_inside_the_working_folder_is_named_from_there() -> None:
    command = fetch_command(python=Path.cwd() / ".venv/bin/python")
    assert command == ".venv/bin/python -m embedding_service.fetch"


def test_a_python_elsewhere_is_named_whole(tmp_path: Path) -> None:
    python = tmp_path / "my tools" / "python"
    assert shlex.split(fetch_command(python=python))[0] == str(python)


def test_in_the_container_it_is_a_command_for_the_host() -> None:
    command = fetch_command("mini", CONTAINERS_PYTHON)
    assert command == "docker compose exec embedding_service python -m embedding_service.fetch mini"
    dockerfile = (ROOT / "embedding_service/Dockerfile").read_text()
    assert f"venv --without-pip {CONTAINERS_PYTHON.parents[1]} " in dockerfile
