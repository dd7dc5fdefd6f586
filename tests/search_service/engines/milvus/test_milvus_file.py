"""MILVUS_URI may be a file, which pymilvus, too, reads from the environment when it is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from search_service.engines.open import open_backend
from search_service.config import Settings
backend = open_backend(Settings())
print(backend.collections())
backend.close()
"""


def test_a_file_in_the_environment_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("milvus_lite")
    for name, value in {
        "SEARCH_BACKEND": "milvus",
        "MILVUS_URI": "milvus.db",
        "IMAGE_SEARCH_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert run.stdout == "{}\n", run.stderr
    assert (tmp_path / "milvus.db").exists()
