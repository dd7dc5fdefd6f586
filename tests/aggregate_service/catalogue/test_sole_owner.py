"""A catalogue in SQLite has one process; the second one stops at once, and names the first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aggregate_service.catalogue.sole_owner import sole_owner
from aggregate_service.errors import CatalogueInUse, DatabaseUnfit


def test_a_second_owner_is_told_who_the_first_is(tmp_path: Path) -> None:
    catalogue = tmp_path / "deep" / "catalog.db"
    second = sole_owner(catalogue, "process 8")
    with (
        sole_owner(catalogue, "process 7"),
        pytest.raises(CatalogueInUse, match=r"catalog\.db is in use by process 7"),
    ):
        second.__enter__()
    with sole_owner(catalogue, "process 9"):
        pass


def test_a_second_service_stops_at_once(tmp_path: Path) -> None:
    environment = os.environ | {"IMAGE_SEARCH_HOME": str(tmp_path), "CATALOG_PATH": "catalog.db"}
    with sole_owner(tmp_path / "catalog.db", "process 7 on here"):
        done = subprocess.run(
            [sys.executable, "-m", "aggregate_service"],
            capture_output=True,
            text=True,
            timeout=600,
            env=environment,
            cwd=tmp_path,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("Can't start: The catalogue")
    assert "is in use by process 7 on here" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "catalog.db").exists()


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    owner = sole_owner(tmp_path / "file" / "catalog.db", "process 7")
    with pytest.raises(DatabaseUnfit, match="CATALOG_PATH="):
        owner.__enter__()
