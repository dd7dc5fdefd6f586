"""While it loads, when it can't load, and when a disk fails under it: it says so, and doesn't fall."""

import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from search_service.collection import Collection
from search_service.config import Settings
from search_service.engines.backend import Backend
from search_service.engines.faiss.backend import EmbeddedBackend
from search_service.engines.faiss.sizing import Sizing
from search_service.engines.open import open_backend
from search_service.errors import EngineAway
from search_service.main import create_app
from tests.search_service.samples import (
    put,
    running,
    settings,
    vectors,
    wait_until_loaded,
    wait_until_ready,
)
from tests.waiting import wait_until


def test_says_that_it_loads_and_then_serves(tmp_path: Path) -> None:
    may_load = threading.Event()

    def slowly(settings: Settings) -> Backend:
        may_load.wait(120)
        return open_backend(settings)

    with TestClient(create_app(settings(tmp_path), slowly)) as client:
        for answer in (client.get("/readyz"), client.post("/search", json={"embeddings": [[1]]})):
            assert answer.status_code == 503
            assert "still loading" in answer.json()["detail"]
        assert client.get("/healthz").status_code == 200
        may_load.set()
        wait_until_ready(client)


class NotingBackend(EmbeddedBackend):
    """Says whether it is open; one whose engine is `away` refuses the first question."""

    def __init__(self, folder: Path, away: bool = False) -> None:
        super().__init__(folder, Sizing())
        self.away, self.is_open = away, True

    def collections(self) -> dict[str, Collection]:
        if self.away:
            self.away = False
            raise EngineAway("The engine")
        return super().collections()

    def close(self) -> None:
        super().close()
        self.is_open = False


def test_stopped_while_it_loads_leaves_nothing_open(tmp_path: Path) -> None:
    may_load = threading.Event()
    made: list[NotingBackend] = []

    def slowly(settings: Settings) -> Backend:
        may_load.wait(120)
        made.append(NotingBackend(settings.data_dir))
        return made[0]

    with TestClient(create_app(settings(tmp_path), slowly)) as client:
        assert client.get("/readyz").status_code == 503
    may_load.set()
    wait_until(lambda: made and not made[0].is_open, "what was loaded too late to be closed")


def test_one_that_is_away_before_it_is_loaded_is_closed_and_opened_again(tmp_path: Path) -> None:
    made: list[NotingBackend] = []

    def away_at_first(settings: Settings) -> Backend:
        made.append(NotingBackend(settings.data_dir, away=not made))
        return made[-1]

    with TestClient(create_app(settings(tmp_path), away_at_first)) as client:
        wait_until_ready(client)
        assert [backend.is_open for backend in made] == [False, True]


def test_store_that_cannot_be_opened_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "vectors.db").write_bytes(b"not a database" * 1000)
    with TestClient(create_app(settings(tmp_path))) as client:
        wait_until_loaded(client)
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["detail"].endswith("can't be opened: file is not a database.")
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("chosen", "setting"),
    [
        ({"backend": "pgvector", "database_url": "nonsense"}, "SEARCH_DATABASE_URL"),
        ({"backend": "pgvector", "database_url": "mysql://me:secret@host/x"}, "SEARCH_DATABASE_URL"),
        ({"backend": "milvus", "milvus_uri": "ftp://me:secret@host"}, "MILVUS_URI"),
        ({"backend": "milvus", "milvus_uri": "http://host:port"}, "MILVUS_URI"),
    ],
)
def test_an_address_that_can_never_work_is_one_clear_line(
    tmp_path: Path, chosen: dict[str, str], setting: str, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("psycopg_pool", reason="needs the pgvector extra")
    pytest.importorskip("pymilvus", reason="needs the milvus extra")
    with TestClient(create_app(settings(tmp_path, **chosen))) as client:
        wait_until_loaded(client)
        said = client.get("/readyz").json()["detail"]
        assert said.startswith(f"{setting} is no address of")
        assert said in caplog.text
        assert "secret" not in said + caplog.text


def test_whatever_an_engine_raises_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def failing(settings: Settings) -> Backend:
        raise LookupError("nobody foresaw this")

    with TestClient(create_app(settings(tmp_path), failing)) as client:
        wait_until_loaded(client)
        assert "SEARCH_BACKEND=faiss can't be opened" in client.get("/readyz").json()["detail"]
    assert "nobody foresaw this" in caplog.text


def test_backend_whose_packages_are_missing_is_one_clear_line(tmp_path: Path) -> None:
    def without(settings: Settings) -> Backend:
        raise ModuleNotFoundError("No module named 'psycopg'")

    chosen = settings(tmp_path, backend="pgvector", database_url="postgresql://localhost/x")
    with TestClient(create_app(chosen, without)) as client:
        wait_until_loaded(client)
        assert "pip install 'image-search[pgvector]'" in client.get("/readyz").json()["detail"]


@pytest.mark.parametrize(
    ("backend", "needs"), [("pgvector", "SEARCH_DATABASE_URL"), ("milvus", "MILVUS_URI"), ("other", "faiss")]
)
def test_a_backend_needs_its_address(tmp_path: Path, backend: str, needs: str) -> None:
    with pytest.raises(ValidationError, match=needs):
        settings(tmp_path, backend=backend)


def test_folder_in_use_by_another_process_is_not_shared(tmp_path: Path) -> None:
    with running(tmp_path) as first, TestClient(create_app(settings(tmp_path))) as second:
        put(first)
        wait_until_loaded(second)
        assert "database is locked" in second.get("/readyz").json()["detail"]
        assert put(first, first=5)["count"] == 25


def test_snapshot_that_cannot_be_written_is_logged_and_nothing_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path) as client:
        put(client)
    (snapshot,) = (tmp_path / "search").glob("*.faiss")
    in_the_way = snapshot.with_name(f"{snapshot.name}.part")
    with running(tmp_path) as client:
        put(client, first=20)
        in_the_way.mkdir()
    assert "of the indexes failed" in caplog.text
    in_the_way.rmdir()
    with running(tmp_path) as client:
        found = client.post("/search", json={"embeddings": vectors(1).tolist(), "k": 2}).json()
        assert sorted(found["indexes"][0]) == [0, 20]
