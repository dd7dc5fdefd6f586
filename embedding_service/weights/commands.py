"""The command that fetches an encoder's weights, as it works where a person reads it."""

import os
import shlex
import sys
from pathlib import Path

CONTAINERS_PYTHON = Path("/venv/bin/python")  # embedding_service/Dockerfile puts it there
_IN_THE_CONTAINER = "docker compose exec embedding_service python"


def fetch_command(name: str | None = None, python: Path | None = None) -> str:
    """Of the encoder `name`, or the default one. `python` is the interpreter that this process runs on.

    Under Compose it is a command for the host; elsewhere it names the very Python that has our dependencies,
    the way from the working folder where it lies inside.
    """
    python = python or Path(sys.executable)
    runs = _IN_THE_CONTAINER if python == CONTAINERS_PYTHON else shlex.quote(_from_here(python))
    return " ".join([runs, "-m embedding_service.fetch", *([name] if name else [])])


def _from_here(python: Path) -> str:
    inside = python.is_relative_to(Path.cwd())
    return os.fspath(python.relative_to(Path.cwd()) if inside else python)
