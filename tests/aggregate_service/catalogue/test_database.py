"""Opening a database: made, brought up to date, carried over from an older release, or refused in words."""

import json
import multiprocessing
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from aggregate_service.access.keys import ApiKeys
from aggregate_service.access.rights import Right
from aggregate_service.catalogue.catalog import Catalog, PictureFilter, Place
from aggregate_service.catalogue.copying import move_in
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.tables import metadata
from aggregate_service.errors import DatabaseAway, DatabaseUnfit
from tests.aggregate_service.samples import add, add_files, all_pictures

OLDER = """
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER, mtime_ns INTEGER, sha256 TEXT,
    width INTEGER, height INTEGER
);
CREATE TABLE indexed (
    collection TEXT NOT NULL,
    picture_id INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    PRIMARY KEY (collection, picture_id)
) WITHOUT ROWID;
CREATE INDEX indexed_picture ON indexed (picture_id);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def older_catalog(path: Path, **settings: str) -> Path:
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(OLDER)
        db.executemany("INSERT INTO settings VALUES (?, ?)", list(settings.items()))
        db.executemany(
            "INSERT INTO pictures VALUES (?, ?, 10, ?, ?, 4, 3)",
            [
                (0, "a.jpg", 1, "aa"),
                (2, "x/y/b.jpg", 2, "bb"),
                (3, "x/copy.jpg", 3, "aa"),
                (4, "n.jpg", 4, None),
            ],
        )
        db.executemany("INSERT INTO indexed VALUES ('one', ?)", [(0,), (2,), (3,)])
    db.close()
    return path


def test_the_migrations_make_the_tables_of_today(database_url: str) -> None:
    database = Database(database_url)
    with database.reading() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_an_older_catalogue_keeps_its_ids_and_what_was_said_of_it(tmp_path: Path) -> None:
    path = older_catalog(tmp_path / "c.db", root="/photos/mine", label="Mine", notice="Careful.", next_id="9")
    catalog = Catalog(Database(sqlite_url(path)))
    (root,) = catalog.roots.all()
    assert (root.path, root.label, root.notice) == ("/photos/mine", "Mine", "Careful.")
    there = {picture.id: (picture.path, picture.folder, picture.sha256) for picture in all_pictures(catalog)}
    assert there == {0: ("a.jpg", "", "aa"), 2: ("x/y/b.jpg", "x/y", "bb"), 4: ("n.jpg", "", None)}
    known = catalog.roots.known_files(root.id, ["a.jpg", "x/copy.jpg", "n.jpg"])
    assert {path: (file.picture_id, file.mtime_ns) for path, file in known.items()} == {
        "a.jpg": (0, 1),
        "x/copy.jpg": (0, 3),
        "n.jpg": (4, 4),
    }
    assert [ids.picture_id for ids in known.values() if ids.shared] == [0, 0]
    assert (catalog.indexed("one"), catalog.collections()) == ({0, 2}, ["one"])
    assert catalog.deletions_over(0) == [3]
    with catalog.database.reading() as db:
        folders = db.execute(text("SELECT folder, picture_id FROM picture_folders ORDER BY folder")).all()
        names = set(db.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'older%'")))
    listed = {"/1": {0, 2, 4}, "/1/x": {0, 2}, "/1/x/y": {2}, "x": {0, 2}, "x/y": {2}}
    assert {(row[0], row[1]) for row in folders} == {(at, id_) for at, ids in listed.items() for id_ in ids}
    assert names == set()
    assert catalog.count() == 3
    assert catalog.add([Place(root.id, "new")]) == [9]
    catalog.close()


def test_an_older_catalogue_that_was_only_imported_waits_for_its_folder(tmp_path: Path) -> None:
    path = older_catalog(tmp_path / "c.db", next_id="5", adopt_vectors="yes")
    catalog = Catalog(Database(sqlite_url(path)))
    assert [root.path for root in catalog.roots.all()] == [""]
    assert catalog.get("adopt_vectors") == "yes"
    catalog.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = older_catalog(tmp_path / "c.db", next_id="not a number")
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE places (in_the_way TEXT)")
        before = list(db.iterdump())
    with pytest.raises(DatabaseAway, match="places"):
        Database(sqlite_url(path))
    assert list(db.iterdump()) == before
    db.close()


def test_a_database_of_a_newer_release_is_refused(database_url: str) -> None:
    database = Database(database_url)
    with database.transaction() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(DatabaseUnfit, match="newer version"):
        Database(database_url)


def test_a_connection_in_use_when_the_database_closes_is_closed_after_its_use(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "c.db"))
    with database.transaction() as db:
        db.execute(text("INSERT INTO settings VALUES ('label', 'K')"))
        database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["c.db"]  # the last connection clears its journal


def open_and_add(url: str, paths: list[str]) -> list[int]:
    catalog = Catalog(Database(url))
    try:
        return add_files(catalog, *paths)
    finally:
        catalog.close()


def test_processes_that_open_a_new_database_at_once_take_turns(database_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        paths = [[f"{process}/{number}" for number in range(50)] for process in range(3)]
        given = pool.starmap(open_and_add, [(database_url, some) for some in paths])
    assert sorted(id_ for ids in given for id_ in ids) == list(range(150))
    catalog = Catalog(Database(database_url))
    assert (catalog.count(), len(catalog.roots.all())) == (150, 1)
    catalog.close()


def test_threads_write_and_read_together(catalog: Catalog) -> None:
    root = catalog.roots.first().id
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                catalog.add([Place(root, f"{name}/{number}")])
                assert catalog.page(limit=4).pictures
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert catalog.count() == 120


def test_a_reader_sees_one_moment_and_cannot_write(catalog: Catalog) -> None:
    with catalog.database.reading(), pytest.raises(RuntimeError, match="reading"):
        catalog.put("a", "b")
    with catalog.transaction():
        catalog.put("a", "b")
        assert catalog.get("a") == "b"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "address"),
        ("nonsense", "address"),
        ("mysql://host/db", "mysql"),
        ("sqlite://", "memory"),
        ("sqlite:///:memory:", "memory"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "refused"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_password(url: str, word: str) -> None:
    with pytest.raises((DatabaseUnfit, DatabaseAway)) as raised:
        Database(url)
    assert word in raised.value.detail
    assert "secret" not in raised.value.detail


def test_plain_postgresql_addresses_are_understood(database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("about PostgreSQL's addresses")
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        database = Database(database_url.replace("postgresql", scheme, 1))
        assert not database.is_sqlite
        database.close()


def test_a_file_that_is_no_database_is_named_as_the_problem(tmp_path: Path) -> None:
    (tmp_path / "c.db").write_text("text" * 1000)
    with pytest.raises(DatabaseAway, match="not a database"):
        Database(sqlite_url(tmp_path / "c.db"))


_ADD = """
import json, sys
from aggregate_service.catalogue.catalog import Catalog, NewPicture
from aggregate_service.catalogue.database import Database
from tests.aggregate_service.samples import copy_of, facts

catalog = Catalog(Database(sys.argv[1]))
added = [
    catalog.add_content(NewPicture(copy_of(c), facts(c), None, f"http://{sys.argv[2]}/{c}"))
    for c in "0123456789abcdef" * 3
]
print(json.dumps([(picture.id, created) for picture, created in added]))
catalog.close()
"""


def test_two_processes_that_add_the_same_content_make_one_row_of_it(database_url: str) -> None:
    Database(database_url).close()
    running = [
        subprocess.Popen([sys.executable, "-c", _ADD, database_url, name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    answers = [json.loads(process.communicate(timeout=600)[0]) for process in running]
    created = [id_ for answer in answers for id_, new in answer if new]
    assert len(created) == len(set(created)) == 16
    assert {id_ for answer in answers for id_, _ in answer} == set(created)
    catalog = Catalog(Database(database_url))
    assert catalog.count() == 16
    for name in ("one", "two"):
        for letter in "0123456789abcdef":
            picture = catalog.by_url(f"http://{name}/{letter}")
            assert picture is not None
            assert picture.id in created
    catalog.close()


def test_a_catalogue_moves_to_postgresql_as_it_is(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    older = Catalog(Database(sqlite_url(file)))
    root = older.roots.add("/photos", "Mine", "")
    older.roots.forget(root.id)
    root = older.roots.add("/photos", "Mine", "")
    older.add([Place(root.id, f"a/{n}") for n in range(2_100)])  # 2,000 are copied at once
    add(older, "a", labels=["dog"], url="http://x/y")
    older.mark_indexed("one", range(2_050))
    older.delete([7], 1e12)
    key, made = ApiKeys(older.database).make("backup", Right.ADMIN)
    older.close()

    moved = Database(database_url)
    assert move_in(moved, file) is not moved.is_sqlite
    if not moved.is_sqlite:
        catalog = Catalog(moved)
        assert (catalog.count(), len(catalog.indexed("one"))) == (2_100, 2_049)
        assert catalog.page(PictureFilter(labels=("dog",))).pictures[0].source_url == "http://x/y"
        assert catalog.roots.all() == [root]
        assert catalog.roots.add("/other", "", "").id > root.id
        assert catalog.restore(7, 0.0).id == 2_101
        assert ApiKeys(moved).find(key) is not None
        assert ApiKeys(moved).make("another", Right.READ)[1].id > made.id
        assert not move_in(moved, file)
    moved.close()


def test_a_value_that_no_index_holds_is_to_blame_and_not_the_database(catalog: Catalog) -> None:
    """A database that is away is waited for; this would be for ever."""
    label = "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=20_000))
    (picture,) = add_files(catalog, "a.jpg")
    if catalog.database.is_sqlite:
        catalog.set_labels(picture, [label])
    else:
        with pytest.raises(OperationalError, match="index row"):
            catalog.set_labels(picture, [label])
    catalog.set_labels(picture, ["short"])


def test_an_address_with_an_option_that_is_none_is_one_line() -> None:
    with pytest.raises(DatabaseUnfit, match=r'DATABASE_URL: invalid connection option "nonsense"'):
        Database("postgresql://user:secret@127.0.0.1:1/x?nonsense=1")
