"""Databases: whole, damaged, held by their service; catalogue and vectors of one mind or not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aggregate_service.cli import main
from aggregate_service.doctor.stores import agreement, database
from search_service.engines.faiss.store import Store
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import COLLECTION, FINGERPRINT
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


def test_agreement(world: World) -> None:
    world.index()
    with serving(world.search.app()) as url:
        path = world.settings.catalog_path
        found = agreement(path, url, FINGERPRINT)
        assert found is not None
        assert (found.level, found.says[:23]) == ("ok", "7 pictures, 7 of them i")
        del world.search.vectors[COLLECTION][3]
        found = agreement(path, url, FINGERPRINT)
        assert found is not None
        assert found.level == "bad"
        assert "7 of them indexed, 6 vectors" in found.says
        assert agreement(path, url, None) is None
    assert agreement(path, url, FINGERPRINT) is None


def test_the_whole_examination(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.index()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("CATALOG_PATH", str(world.settings.catalog_path))
    monkeypatch.setenv("IMAGE_SEARCH_URL", closed_port())
    with serving(world.embedding.app()) as embedding, serving(world.search.app()) as search:
        monkeypatch.setenv("EMBEDDING_API_URL", embedding)
        monkeypatch.setenv("SEARCH_API_URL", search)
        assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("bad  aggregate service: doesn't answer") for line in lines)
    assert any(line.startswith("ok   embedding service: ready at http://127.0.0.1") for line in lines)
    assert any(line.startswith("ok   Catalogue and index: 7 pictures") for line in lines)
    assert any("image-search serve" in line for line in lines)
