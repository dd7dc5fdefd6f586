"""Folders are scanned when the schedule says so, by the clock of the place."""

import asyncio
from datetime import datetime, timedelta

import pytest

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.folder_jobs import FolderJobs, folder_run
from aggregate_service.jobs.jobs import FOLDER, Jobs
from aggregate_service.jobs.rescanning import Rescanning
from aggregate_service.jobs.schedule import Schedule
from tests.aggregate_service.conftest import World

START = datetime(2026, 3, 1, 1, 59, 30)


@pytest.mark.parametrize(
    ("said", "moment", "due"),
    [
        ("03:00", "2026-03-01T02:59:59", "2026-03-01T03:00:00"),
        ("03:00", "2026-03-01T03:00:00", "2026-03-02T03:00:00"),
        ("23:45", "2026-12-31T23:50:00", "2027-01-01T23:45:00"),
        ("6h", "2026-03-01T20:10:00", "2026-03-02T02:10:00"),
    ],
)
def test_when_the_next_scan_is_due(said: str, moment: str, due: str) -> None:
    schedule = Schedule.of(said)
    assert schedule is not None
    assert schedule.after(datetime.fromisoformat(moment)) == datetime.fromisoformat(due)


def test_nothing_said_is_no_schedule() -> None:
    assert Schedule.of("") is None


@pytest.mark.parametrize(("said", "hours", "scans"), [("03:00", 23, 1), ("03:00", 26, 2), ("6h", 25, 4)])
def test_every_folder_is_scanned_each_time(world: World, said: str, hours: int, scans: int) -> None:
    catalog = world.catalog()
    gallery = Gallery(catalog, world.folder)
    for folder in (world.folder, world.folder / "deep"):
        catalog.roots.add(str(folder), "", "")
    jobs, now = Jobs(catalog.database), START
    asked: list[str] = []

    async def sleep(seconds: float) -> None:
        """Time goes by at once; whatever is asked for is done."""
        nonlocal now
        now += timedelta(seconds=seconds)
        for job in jobs.active(FOLDER):
            asked.append(folder_run(job).folder)
            jobs.cancel(job.id)
        if now > START + timedelta(hours=hours):
            raise asyncio.CancelledError

    schedule = Schedule.of(said)
    assert schedule is not None
    rescanning = Rescanning(schedule, gallery, FolderJobs(jobs, "one", 20), lambda: now, sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(rescanning.run())
    assert sorted(asked) == sorted(scans * [str(world.folder), str(world.folder / "deep")])
    catalog.close()
