"""What the machine is told to be, by numbers and folders that a test makes."""

import os
from pathlib import Path

import pytest

from aggregate_service.doctor import machine
from aggregate_service.doctor.packages import packages, pinned

DECLARED = [
    "fastapi",
    'httpx2; extra == "aggregate"',
    'torch; extra == "embedding"',
    'openvino; platform_machine == "x86_64" and extra == "embedding"',
    'faiss-cpu; extra == "search"',
    'pgvector; extra == "pgvector"',
    'psycopg[binary,pool]; extra == "pgvector"',
]


def test_python() -> None:
    assert machine.python().level == "ok"
    assert machine.python((3, 10, 2)).level == "bad"


def test_memory() -> None:
    assert [machine.memory(free).level for free in (8e9, 1e9, 1e8)] == ["ok", "warn", "bad"]
    assert machine.memory().about == "Memory"


def test_a_folder_that_can_be_written(tmp_path: Path) -> None:
    (found,) = machine.folders([("SEARCH_DATA_DIR", tmp_path / "not" / "there yet")])
    assert found.level in ("ok", "warn")
    assert "GB free" in found.says
    assert not (tmp_path / "not").exists()


@pytest.mark.skipif(not Path("/proc/sys").is_dir(), reason="needs a folder that nobody may write to")
def test_a_folder_that_cannot(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = machine.folders([("UPLOAD_DIR", tmp_path / "file"), ("CATALOG_PATH", Path("/proc/sys"))])
    assert [each.level for each in found] == ["bad", "bad"]
    assert "is no folder" in found[0].says
    assert "can't be written" in found[1].says
    assert "CATALOG_PATH" in found[1].do


def test_clock() -> None:
    assert machine.clock().level == "ok"
    assert machine.clock(0).level == "bad"


def test_accelerators_never_fail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert [each.about for each in machine.accelerators()] == ["GPU", "Processor", "OpenVINO"]
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'no device found'\nexit 9\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert machine.accelerators()[0].level == "warn"
    assert "no device found" in machine.accelerators()[0].says
    tool.write_text("#!/bin/sh\necho 'GPU 0: H200'\n")
    assert machine.accelerators()[0].says == "GPU 0: H200"


def test_packages_that_are_there_or_not() -> None:
    have = {"fastapi": "1", "httpx2": "2", "faiss-cpu": "3"}
    levels = {each.about: each for each in packages("pgvector", DECLARED, have.get)}
    assert levels["Packages [aggregate]"].level == "ok"
    assert levels["Packages [search]"].level == "ok"
    assert "runs elsewhere" in levels["Packages [embedding]"].says
    assert levels["Packages [pgvector]"].level == "bad"
    assert "pgvector, psycopg" in levels["Packages [pgvector]"].says
    del have["httpx2"]
    assert packages("faiss", DECLARED, have.get)[0].says == "missing: httpx2"
    assert packages("faiss", [], have.get)[0].level == "warn"


def test_versions() -> None:
    have = {"a": "1.0", "b": "2.1+cpu"}
    assert pinned({"a": "1.0", "b": "2.1", "c": "3"}, have.get).level == "ok"
    assert "a 1.0 instead of 1.1" in pinned({"a": "1.1"}, have.get).says
    assert pinned({}, have.get).level == "ok"
