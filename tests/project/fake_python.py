"""A clone to install into, and a Python made of a few lines of shell: environments without a network."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.project.files import ROOT

_TOOLS = (
    "bash",
    "sh",
    "cat",
    "cksum",
    "cp",
    "dirname",
    "ls",
    "mkdir",
    "mv",
    "rm",
    "rmdir",
    "sed",
    "sleep",
    "tail",
    "tr",
)

# Makes environments of two files, notes what pip is asked for, does what the test wrote for each step.
_FAKE = """#!/bin/sh
step() { [ ! -e "$FAKE/$1" ] || . "$FAKE/$1" || exit; }
case "$1 $2" in
  "-m venv")
    for folder; do :; done
    mkdir -p "$folder/bin" || exit
    step venv
    echo "home = $FAKE" >"$folder/pyvenv.cfg"
    cp "$0" "$folder/bin/python" ;;
  "-m ensurepip") step ensurepip; : >"$(dirname "$0")/pip" ;;
  "-m pip")
    case "$3" in
      --version) [ -e "$(dirname "$0")/pip" ] ;;
      --python) echo "system $*" >>"$FAKE/asked"; : >"$(dirname "$4")/pip" ;;
      *) echo "begin $*" >>"$FAKE/asked"; step pip; echo "end $*" >>"$FAKE/asked" ;;
    esac ;;
  "-c import sys; print(sys"*) step version; echo "${VERSION:-3.11}" ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
"""


class Clone:
    """A copy of what `scripts/install` reads, with a PATH that holds the fake alone, by the names given."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("python3.11",)) -> None:
        self.folder, self.fake = folder / "clone", folder / "fake"
        (self.folder / "scripts").mkdir(parents=True)
        for name in ("pyproject.toml", "constraints.txt", "scripts/install"):
            shutil.copy(ROOT / name, self.folder / name)
        tools = folder / "tools"
        tools.mkdir()
        for tool in _TOOLS:
            (tools / tool).symlink_to(str(shutil.which(tool)))
        self.fake.mkdir()
        for name in names:
            self.add_python(name)
        self.environment = {
            "PATH": f"{self.fake}:{tools}",
            "FAKE": str(self.fake),
            "REAL_PYTHON": sys.executable,
            "TORCH_INDEX_URL": "http://127.0.0.1:9",
        }

    def add_python(self, name: str) -> Path:
        path = self.fake / name
        path.write_text(_FAKE)
        path.chmod(0o755)
        return path

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def asked(self) -> list[str]:
        """What pip was asked for and has done, in order."""
        log = self.fake / "asked"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def installs(self) -> int:
        return sum(line.startswith("end") for line in self.asked)

    def when(self, step: str, shell: str) -> None:
        """What the fake does at `version`, `venv`, `ensurepip` or `pip`, before it succeeds."""
        (self.fake / step).write_text(shell + "\n")

    def forget(self, step: str) -> None:
        (self.fake / step).unlink()

    def start(self, *extras: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.folder / "scripts/install"), *extras],
            env=self.environment | environment,
            cwd=self.folder.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # As in a terminal: what a shell runs in the background ignores Ctrl-C, and would pass that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def install(self, *extras: str, **environment: str) -> tuple[int, str]:
        """Run it to its end: the exit code, and what it said."""
        return finish(self.start(*extras, **environment))


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Send a signal to everything that runs for this installation, as a terminal's Ctrl-C does."""
    os.killpg(process.pid, number)
    return finish(process)
