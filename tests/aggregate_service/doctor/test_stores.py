"""Databases: whole, damaged, held by their service; catalogue and vectors of one mind or not."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from aggregate_service.cli import main
from aggregate_service.doctor.stores import agreement, database
from aggregate_service.main import create_app
from search_service.engines.faiss.store import Store
from tests.aggregate_service.conftest import World
from tests.aggregate_service.servers import closed_port, serving
from tests.search_service.samples import ENCODER, ids, vectors


def make(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x UNIQUE)")
        db.executemany("INSERT INTO t VALUES (?)", [(f"{n:0200}",) for n in range(2000)])
        db.commit()


def test_whole_or_not_there(tmp_path: Path) -> None:
    assert "isn't there yet" in database("Catalogue", tmp_path / "c.db", "mend").says
    assert not (tmp_path / "c.db").exists()
    make(tmp_path / "c.db")
    assert database("Catalogue", tmp_path / "c.db", "mend").level == "ok"


@pytest.mark.parametrize("place", [0, 4096 * 3 + 100])
def test_damaged(tmp_path: Path, place: int) -> None:
    path = tmp_path / "c.db"
    make(path)
    content = bytearray(path.read_bytes())
    content[place : place + 600] = b"\xff" * 600
    path.write_bytes(content)
    found = database("Catalogue", path, "mend")
    assert (found.level, found.do) == ("bad", "mend")


def test_the_vectors_of_a_running_search_service_and_of_one_that_stopped(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    store = Store(path)
    store.create("c", ENCODER, ids(1), vectors(1))
    found = database("Vectors", path, "mend")
    assert found.level == "ok"
    assert "in use" in found.says
    store.close()
    assert "undamaged" in database("Vectors", path, "mend").says


def test_a_file_that_cannot_be_read_is_bad(tmp_path: Path) -> None:
    (tmp_path / "c.db").mkdir()
    assert database("Catalogue", tmp_path / "c.db", "mend").level == "bad"


def told(pictures: int, vectors: int | None) -> dict[str, Any]:
    collection = None if vectors is None else {"name": "c", "count": vectors}
    return {"catalogue": {"pictures": pictures}, "collection": collection}


@pytest.mark.parametrize(("vectors", "level"), [(7, "ok"), (6, "warn"), (8, "bad")])
def test_agreement(vectors: int, level: str) -> None:
    found = agreement(told(7, vectors))
    assert found is not None
    assert found.level == level
    assert f"7 pictures, {vectors} vectors (c)" in found.says


@pytest.mark.parametrize(("vectors", "level"), [(10, "ok"), (7, "ok"), (6, "warn"), (11, "bad")])
def test_hidden_pictures_keep_their_vectors(vectors: int, level: str) -> None:
    given = told(7, vectors)
    given["catalogue"] |= {"missing": 1, "unreachable": 2}
    found = agreement(given)
    assert found is not None
    assert found.level == level
    assert "3 more pictures are missing or out of reach" in found.says


def test_nothing_to_compare() -> None:
    assert agreement(told(7, None)) is None
    for strange in ({}, {"catalogue": None, "collection": None}, told(7, 7) | {"collection": "c"}):
        found = agreement(strange)
        assert found is not None
        assert found.level == "warn"


def examined(capsys: pytest.CaptureFixture[str]) -> list[str]:
    main(["doctor"])
    return capsys.readouterr().out.splitlines()


def said(lines: list[str], beginning: str) -> bool:
    return any(line.startswith(beginning) for line in lines)


@pytest.fixture
def services(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The two services behind an aggregate over seven indexed pictures."""
    world.index()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CATALOG_PATH", str(world.settings.catalog_path))
    with serving(world.embedding.app()) as embedding, serving(world.search.app()) as search:
        monkeypatch.setenv("EMBEDDING_API_URL", embedding)
        monkeypatch.setenv("SEARCH_API_URL", search)
        yield


@pytest.mark.usefixtures("services")
def test_without_its_service_the_catalogue_is_checked(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("IMAGE_SEARCH_URL", closed_port())
    launched = tmp_path / "data" / "folders" / "mine-01234567" / "catalog.db"
    launched.parent.mkdir(parents=True)
    launched.write_bytes(b"no database at all" * 100)
    lines = examined(capsys)
    assert said(lines, "bad  aggregate service: doesn't answer")
    assert said(lines, "ok   embedding service: ready at http://127.0.0.1")
    assert said(lines, f"ok   Catalogue: {world.settings.catalog_path} is undamaged")
    assert said(lines, f"bad  Catalogue: {launched} is damaged")
    assert said(lines, "ok   Vectors: the search service has them open")
    assert any("image-search serve" in line for line in lines)


@pytest.mark.usefixtures("services")
def test_of_a_service_that_runs_its_own_word_is_taken(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its catalogue is another than the settings here name."""
    monkeypatch.setenv("CATALOG_PATH", str(tmp_path / "elsewhere" / "catalog.db"))
    app = create_app(world.settings, embedding=world.embedding_client(), search_client=world.search_client())
    with TestClient(app), serving(app) as url:
        monkeypatch.setenv("IMAGE_SEARCH_URL", url)
        lines = examined(capsys)
    assert said(lines, "ok   Catalogue: the aggregate service has it open")
    assert said(lines, "ok   Catalogue and index: 7 pictures, 7 vectors")
    assert not (tmp_path / "elsewhere").exists()
