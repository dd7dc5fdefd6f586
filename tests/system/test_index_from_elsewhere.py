"""`image-search index` from another folder beside a running product: the service does it, nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

from tests.system.launcher import Launcher, launched
from tests.system.pictures import write_gallery


def index(launcher: Launcher, elsewhere: Path, folder: Path) -> subprocess.Popen[str]:
    """By a command whose settings are those of another installation, which has nothing yet."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path.cwd()),
        "IMAGE_SEARCH_HOME": str(elsewhere),
        "CATALOG_PATH": "data/catalog.db",
        "IMAGE_SEARCH_URL": f"http://127.0.0.1:{launcher.ports[8000]}",
        "SEARCH_API_URL": f"http://127.0.0.1:{launcher.ports[8001]}",
        "EMBEDDING_API_URL": f"http://127.0.0.1:{launcher.ports[8002]}",
    }
    command = [sys.executable, "-m", "aggregate_service.cli", "index", os.path.relpath(folder, elsewhere)]
    return subprocess.Popen(
        command,
        cwd=elsewhere,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_at_once_from_elsewhere(tmp_path: Path) -> None:
    mine = write_gallery(tmp_path / "mine", 9)
    others = [write_gallery(tmp_path / f"other {n}", 20, first=100 * n) for n in (1, 2)]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with launched(tmp_path, IMAGES=str(mine), EMBEDDING_MODEL="color-layout") as launcher:
        launcher.wait_for("Ctrl-C stops it")
        before = launcher.stored()
        running = [index(launcher, elsewhere, folder) for folder in others]
        for command in running:
            out, errors = command.communicate(timeout=120)
            assert (command.returncode, errors) == (0, "")
            assert "pictures are searchable" in out
        assert list(elsewhere.iterdir()) == []
        assert len(before) == 9
        assert set(before) < set(launcher.stored())
        assert len(launcher.stored()) == 49
        assert [folder["pictures"] for folder in launcher.get("/folders")["folders"]] == [9, 20, 20]
    with launched(tmp_path, IMAGES=str(mine), EMBEDDING_MODEL="color-layout") as launcher:
        launcher.wait_for("Ctrl-C stops it")
        assert len(launcher.stored()) == 49
        assert launcher.get("/images", limit=100)["total"] == 49
