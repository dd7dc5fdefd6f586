"""People update by `git pull`: catalogues of earlier versions keep ids, titles, labels and deletions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from aggregate_service import migrations
from aggregate_service.catalogue.catalog import Catalog, Place
from aggregate_service.catalogue.database import Database
from aggregate_service.jobs.folder_jobs import FolderJobs
from aggregate_service.jobs.jobs import Jobs
from aggregate_service.jobs.leases import Leases
from tests.aggregate_service.databases import empty_postgres, empty_sqlite
from tests.aggregate_service.samples import all_pictures, facts
from tests.search_service.real_engines import PostgresServer

_OLD = Path(__file__).parent / "upgrades"
VERSIONS = sorted(file.name.partition(".")[0] for file in _OLD.glob("*.sqlite.sql"))


def _old_sqlite(version: str, folder: Path) -> str:
    url = empty_sqlite(folder)
    file = Path(url.removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as db:
        db.executescript((_OLD / f"{version}.sqlite.sql").read_text())
    db.close()
    return url


def _old_postgresql(version: str, server: PostgresServer) -> str:
    psycopg = pytest.importorskip("psycopg")
    url = empty_postgres(server)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute((_OLD / f"{version}.postgresql.sql").read_text())
    return url


@pytest.fixture(
    params=[(version, kind) for version in VERSIONS for kind in ("sqlite", "postgresql")], ids=str
)
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    version, kind = request.param
    if kind == "sqlite":
        return _old_sqlite(version, tmp_path)
    return _old_postgresql(version, request.getfixturevalue("postgres"))


@pytest.fixture
def catalog(old_url: str) -> Iterator[Catalog]:
    catalog = Catalog(Database(old_url))
    yield catalog
    catalog.close()


def test_pictures_keep_ids_titles_labels_and_places(catalog: Catalog) -> None:
    found = {picture.id: (picture.path, picture.title, picture.labels) for picture in all_pictures(catalog)}
    assert found == {
        0: ("beach.jpg", None, ("sea",)),
        1: ("trip/ü 東京.png", "In Tokyo", ()),
        3: (f"dd/dd/{'d' * 64}.jpg", "A dog", ("dog", "pet")),
        4: ("unread.jpg", None, ()),
    }
    first, second = catalog.roots.all()
    assert (first.path, first.label, first.notice) == ("/pictures", "Holidays", "Of 2026.")
    copy = catalog.by_place(Place(second.id, "copy of beach.jpg"))
    assert copy is not None
    assert copy.id == 0
    assert catalog.by_url("http://example.org/dog.jpg") is not None
    assert catalog.count() == 4
    assert catalog.add([None]) == [5], "ids are never used again"


def test_what_was_searchable_is(catalog: Catalog) -> None:
    assert catalog.indexed("mini-5-384") == {0, 1, 3}
    assert catalog.collections() == ["color-layout-1-192", "mini-5-384"]


def test_a_deleted_picture_stays_out_and_can_be_brought_back(catalog: Catalog) -> None:
    assert catalog.picture(2) is None
    assert catalog.by_sha256(facts("c").sha256) is None
    assert catalog.restore(2, now=3e9).path == "trip/old.png"


def test_jobs_go_on(catalog: Catalog) -> None:
    jobs = Jobs(catalog.database)
    states = {job.kind + " " + job.state: job for job in jobs.latest()}
    assert states.keys() == {"upload done", "upload queued", "folder queued"}
    assert [error.detail for error in states["upload done"].errors] == ["The file is empty."]
    scan = FolderJobs(jobs, "here", 20).claim()
    assert scan is not None
    assert (scan.params["folder"], scan.params["launched"]) == ("/pictures", True)
    assert [item.name for item in Leases(jobs, "here", 20).lease(5)] == ["later.jpg"]


def test_a_catalogue_has_an_identity_from_now_on(old_url: str) -> None:
    seen = set()
    for _ in range(2):
        catalog = Catalog(Database(old_url))
        seen.add(catalog.identity())
        catalog.close()
    assert len(seen) == 1


def test_the_file_as_it_was_is_kept_beside_it(tmp_path: Path) -> None:
    """Going back to the version before: move it to its old name."""
    url = _old_sqlite("0002", tmp_path)
    file = Path(url.removeprefix("sqlite:///"))
    for _ in range(2):
        Database(url).close()
    newest = ScriptDirectory(str(Path(migrations.__path__[0]))).get_current_head()
    assert {path.name for path in file.parent.glob("*.before-*")} == {f"{file.name}.before-{newest}"}
    with closing(sqlite3.connect(file.with_name(f"{file.name}.before-{newest}"))) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        assert kept.execute("SELECT count(*) FROM pictures").fetchall() == [(4,)]


def test_a_new_catalogue_has_nothing_to_keep(tmp_path: Path) -> None:
    url = empty_sqlite(tmp_path)
    Database(url).close()
    assert list(tmp_path.rglob("*.before-*")) == []
