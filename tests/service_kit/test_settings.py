"""`.env` and relative paths are the installation's, never those of the folder that one happens to be in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aggregate_service.config import Settings as AggregateSettings
from scripts.settings_docs import SECTIONS
from search_service.config import Settings as SearchSettings
from service_kit.settings import ServiceSettings, home

ROOT = Path(__file__).parents[2]
PATHS = [
    pytest.param(settings, field, id=f"{settings.__module__}-{field}")
    for settings in SECTIONS.values()
    for field, info in settings.model_fields.items()
    if info.annotation in (Path, Path | None)
]
each_path = pytest.mark.parametrize(("settings", "field"), PATHS)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the installation; the current folder, which has files of the same names, is another."""
    for folder in ("installation", "elsewhere"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / ".env").write_text(f"LOG_LEVEL={folder}\n")
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(tmp_path / "installation"))
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "installation"


def test_there_are_paths() -> None:
    assert len(PATHS) >= 11


def test_the_env_file_is_the_installations() -> None:
    assert ServiceSettings().log_level == "installation"
    assert ServiceSettings(_env_file=None).log_level == "INFO"


@each_path
def test_a_path_is_the_installations(settings: type[ServiceSettings], field: str, installed: Path) -> None:
    default = settings.model_fields[field].default
    assert getattr(settings(), field) == (default and installed / default)
    assert getattr(settings(**{field: "some/where"}), field) == installed / "some" / "where"


@each_path
def test_a_path_may_be_anywhere(settings: type[ServiceSettings], field: str, tmp_path: Path) -> None:
    given = {"/some/where": Path("/some/where"), "~/where": tmp_path / "person" / "where"}
    for text, path in given.items():
        assert getattr(settings(**{field: text}), field) == path


def test_an_unknown_name_after_a_tilde_is_a_name(installed: Path) -> None:
    assert AggregateSettings(uploads="~nobody?/x").upload_dir == installed / "~nobody?" / "x"


def test_watched_folders_are_the_installations(installed: Path, tmp_path: Path) -> None:
    folders = os.pathsep.join(["holiday", "/mnt/photos", "~/pictures", ""])
    watched = AggregateSettings(watch_folders=folders).watched
    assert watched == [installed / "holiday", Path("/mnt/photos"), tmp_path / "person" / "pictures"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("data/milvus.db", "{installed}/data/milvus.db"),
        ("/data/milvus.db", "/data/milvus.db"),
        ("http://milvus.db:19530", "http://milvus.db:19530"),
        ("https://cloud.example/milvus.db", "https://cloud.example/milvus.db"),
    ],
)
def test_a_file_of_milvus_lite_is_the_installations(given: str, read: str, installed: Path) -> None:
    assert SearchSettings(milvus_uri=given).milvus_uri == read.format(installed=installed)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("sqlite:///data/c.db", "sqlite:///{installed}/data/c.db"),
        ("sqlite:////data/c.db", "sqlite:////data/c.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
    ],
)
def test_a_sqlite_file_is_the_installations(given: str, read: str, installed: Path) -> None:
    assert str(AggregateSettings(database_url=given).database) == read.format(installed=installed)


def test_a_cloned_repository_is_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMAGE_SEARCH_HOME")
    assert home() == ROOT
    monkeypatch.setenv("IMAGE_SEARCH_HOME", "")
    assert home() == ROOT


def test_among_other_packages_home_is_the_persons(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    shutil.copytree(ROOT / "service_kit", packages / "service_kit")
    environment = {"HOME": str(tmp_path / "person"), "PYTHONPATH": str(packages)}
    program = "from service_kit.settings import home; print(home())"
    told = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert told.stdout == f"{tmp_path}/person/.local/share/image-search\n", told.stderr
