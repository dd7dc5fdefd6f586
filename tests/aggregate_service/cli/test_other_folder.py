"""The command line knows the installation's settings and data in any other folder, too."""

import json
from pathlib import Path

import pytest

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.cli import main
from tests.aggregate_service.servers import closed_port


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its catalogue is where `.env` says; none of its services runs."""
    home = tmp_path / "installation"
    home.mkdir()
    names = ("EMBEDDING_API_URL", "SEARCH_API_URL", "IMAGE_SEARCH_URL")
    lines = ["CATALOG_PATH=mine/catalog.db", *(f"{name}={closed_port()}" for name in names)]
    (home / ".env").write_text("\n".join(lines))
    Catalog(Database(sqlite_url(home / "mine" / "catalog.db"))).close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(home))
    return home


def test_the_doctor_examines_the_installation(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    found = {finding["about"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert found["Catalogue"]["says"] == f"{installation}/mine/catalog.db is undamaged"
    assert found["Vectors"]["says"] == f"{installation}/data/search/vectors.db isn't there yet"
    assert list(Path.cwd().iterdir()) == []


def test_a_folder_that_is_typed_is_one_of_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    (Path.cwd() / "pictures").mkdir()
    assert main(["serve", "pictures", "--only", "search"]) == 2  # found, and refused for --only
    assert "leave the folder out" in capsys.readouterr().err
    assert main(["serve", "photos"]) == 2
    assert "there is no such folder" in capsys.readouterr().err
