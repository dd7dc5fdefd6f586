"""`python -m embedding_service.fetch` as a person or the launcher runs it: codes, plain lines."""

import os
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest

from embedding_service.config import Settings
from embedding_service.fetch import main
from embedding_service.weights.progress import ProgressBar
from tests.embedding_service.fakes import fake_hub, waiting_connections


def fetch(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in an empty folder: no `.env` and no settings of the tester's leak in. A hub has time to answer."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "EMBEDDING_", "TRANSFORMERS_"))}
    root = str(Path(__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "embedding_service.fetch", *arguments],
        env=clean | {"HF_HOME": str(home), "PYTHONPATH": root, "EMBEDDING_HUB_SECONDS": "600"} | environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_fetches_then_finds_then_notices_damage(tmp_path: Path, checkpoint: Path) -> None:
    with fake_hub(checkpoint) as server:
        first = fetch(tmp_path, HF_ENDPOINT=server.url)
    assert first.returncode == 0, first.stderr
    assert "model.safetensors: 100% of" in first.stdout
    assert "\r" not in first.stdout
    again = fetch(tmp_path, "--verify", HF_HUB_OFFLINE="1")
    assert again.returncode == 0, again.stderr
    assert len(again.stdout.splitlines()) == 1
    weights = next(tmp_path.rglob("snapshots/*/model.safetensors")).resolve()
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    damaged = fetch(tmp_path, "--verify", HF_HUB_OFFLINE="1")
    assert damaged.returncode == 1
    assert "model.safetensors" in damaged.stderr
    assert not weights.exists()


def test_a_hub_that_hangs_is_waited_for_once_as_long_as_the_setting_says(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        result = fetch(tmp_path, HF_ENDPOINT=address, EMBEDDING_HUB_SECONDS="0.2")
        assert waiting_connections(silent) <= 1
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert "127.0.0.1 doesn't answer within 0.2 s" in result.stderr


def test_without_a_setting_a_hub_that_hangs_is_noticed_within_seconds() -> None:
    assert Settings(_env_file=None).hub_seconds <= 4


def test_a_hub_that_refuses(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        result = fetch(tmp_path, HF_ENDPOINT=f"http://127.0.0.1:{closed.getsockname()[1]}")
    assert result.returncode == 3
    assert len(result.stderr.splitlines()) == 1
    assert "127.0.0.1 can't be reached" in result.stderr


def test_offline(tmp_path: Path) -> None:
    result = fetch(tmp_path, HF_HUB_OFFLINE="1")
    assert result.returncode == 3
    assert "HF_HUB_OFFLINE" in result.stderr


def test_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["color-layout"]) == 0
    assert "needs no weights" in capsys.readouterr().out
    assert main(["no/such"]) == 2
    assert "openai/clip-vit-base-patch32" in capsys.readouterr().err


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_bar_in_a_terminal() -> None:
    out = Terminal()
    report = ProgressBar(out)
    for done in range(0, 101, 5):
        report("model.safetensors", done * 6_000_000, 600_000_000)
    assert out.getvalue().endswith("100% of 600 MB\n")
    assert out.getvalue().startswith("\r")


def test_lines_elsewhere() -> None:
    out = StringIO()
    report = ProgressBar(out)
    for done in range(1001):
        report("model.safetensors", done * 600_000, 600_000_000)
    report("config.json", 500, 500)
    lines = out.getvalue().splitlines()
    assert 10 <= len(lines) <= 13
    assert lines[-2:] == ["  model.safetensors: 100% of 600 MB", "  config.json: 100% of 0 kB"]
