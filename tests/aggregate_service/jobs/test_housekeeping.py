"""Housekeeping clears away lists of ended jobs and old jobs, and nothing that is needed."""

import asyncio
import os
from pathlib import Path

from aggregate_service.catalogue.database import Database
from aggregate_service.errors import NoSuchJob
from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.housekeeping import Housekeeping
from aggregate_service.jobs.jobs import LINKS, UPLOAD, Job, Jobs, NewItem


def a_list(contents: ContentStore, name: str, *, old: bool = True) -> Path:
    path = contents.list_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"url\n")
    if old:
        os.utime(path, (0, 0))
    return path


def test_lists_go_when_their_job_has_ended(database_url: str, tmp_path: Path) -> None:
    database, contents = Database(database_url), ContentStore(tmp_path / "uploads")
    jobs = Jobs(database)
    needed, ended = a_list(contents, "needed.csv"), a_list(contents, "ended.csv")
    new = a_list(contents, "new.csv", old=False)
    jobs.create(LINKS, {"name": "a.csv", "list": "needed.csv"}, feeding=True)
    jobs.cancel(jobs.create(LINKS, {"name": "b.csv", "list": "ended.csv"}, feeding=True).id)
    asyncio.run(Housekeeping(jobs, contents).clear())
    assert (needed.exists(), ended.exists(), new.exists()) == (True, False, True)
    database.close()


def test_jobs_are_forgotten_a_month_after_their_end(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    now = [0.0]
    jobs = Jobs(database, lambda: now[0])
    bad = [NewItem({"name": "a.txt"}, 422, "Not a picture.")]
    old, active = jobs.create(UPLOAD, {}, bad), jobs.create(UPLOAD, {}, [NewItem({"name": "a.png"})])
    now[0] = 31 * 86_400.0
    recent = jobs.create(UPLOAD, {}, bad)
    asyncio.run(Housekeeping(jobs, ContentStore(tmp_path)).clear())
    assert [is_there(jobs, job) for job in (old, active, recent)] == [False, True, True]
    database.close()


def is_there(jobs: Jobs, job: Job) -> bool:
    try:
        return jobs.get(job.id).id == job.id
    except NoSuchJob:
        return False
