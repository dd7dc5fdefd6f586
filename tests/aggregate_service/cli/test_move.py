"""`image-search export` and `import`, by both names, against a real search service."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aggregate_service.bundle.api import SearchApi
from aggregate_service.bundle.bundle import Bundle
from service_kit.settings import home
from tests.aggregate_service.bundle.test_bundle import served
from tests.aggregate_service.cli.conftest import Run
from tests.aggregate_service.fake_service import FakeService, picture
from tests.search_service.samples import ENCODER, vectors

Output = pytest.CaptureFixture[str]


@pytest.fixture
def search(tmp_path: Path) -> Iterator[str]:
    """A service that holds 20 vectors."""
    with served(tmp_path / "here") as api:
        api.upsert("c", ENCODER, np.arange(20), vectors(20))
        yield api.url


@pytest.fixture
def other(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "there") as api:
        yield api.url


@pytest.mark.parametrize("words", [["export"], ["index", "export"]])
def test_there_and_back(
    run: Run,
    fake: FakeService,
    search: str,
    other: str,
    words: list[str],
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake.pictures = [picture(n) for n in (3, 0, 19)]
    monkeypatch.setenv("SEARCH_API_URL", search)
    assert run(*words, "bundle.zip") == 0
    assert "20 vectors of fake/encoder@1:8 from c" in capsys.readouterr().out
    listed = Bundle(Path("bundle.zip")).paths()
    assert listed is not None
    assert json.loads(listed)[:4] == ["deep/0.jpg", None, None, "deep/3.jpg"]
    monkeypatch.setenv("SEARCH_API_URL", other)
    assert run(*(["import"] if len(words) == 1 else ["index", "import"]), "bundle.zip") == 0
    captured = capsys.readouterr()
    assert captured.out == "c: 20 vectors, recall@10 1.000 on a sample\n"
    assert str(home() / "data/image_paths.json") in captured.err
    assert (home() / "data/image_paths.json").read_bytes() == listed
    assert SearchApi(other).ids("c", -1, 100).tolist() == list(range(20))


def test_without_the_list_of_pictures(run: Run, search: str, other: str, capsys: Output) -> None:
    assert run("export", "bundle.zip", "--no-paths", "--search", search) == 0
    assert Bundle(Path("bundle.zip")).paths() is None
    assert run("import", "bundle.zip", "--search", other, "--collection", "d") == 0
    assert list(home().iterdir()) == []
    assert run("import", "bundle.zip", "--search", other, "--paths", "paths.json") == 1
    assert "holds no image_paths.json" in capsys.readouterr().err


def test_what_cannot_be_moved(run: Run, search: str, other: str, capsys: Output) -> None:
    assert run("export", "bundle.zip", "--no-paths", "--search", other) == 1
    assert "holds no collection" in capsys.readouterr().err
    Path("broken.zip").write_bytes(b"no zip")
    assert run("import", "broken.zip", "--search", search) == 1
    assert "no bundle that can be read" in capsys.readouterr().err
    assert run("export", "bundle.zip", "--search", "not an address") == 1
