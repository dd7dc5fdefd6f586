"""Scans as rows: one at a time in a folder, taken up after a crash, ended once with what they changed."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from aggregate_service.catalogue.database import Database
from aggregate_service.jobs.folder_jobs import FolderJobs, FolderRun, ScanResult
from aggregate_service.jobs.jobs import DONE, FAILED, FOLDER, RUNNING, Job, Jobs, NewItem, lock
from aggregate_service.jobs.leases import Leases, Outcome
from aggregate_service.jobs.owners import new_owner
from aggregate_service.jobs.results import ADDED, EMBEDDED, KEPT
from tests.aggregate_service.databases import empty_postgres
from tests.search_service.real_engines import PostgresServer
from tests.waiting import wait_until

LEASE = 10.0
OTHERS = {"HEIC": 5, "RAW": 1}
RESULT = ScanResult("encoder@1:4", "encoder-1-4", 7.0, unreachable=3, left_out=4, unsupported=OTHERS)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(database_url: str, clock: Clock) -> Iterator[Jobs]:
    database = Database(database_url)
    yield Jobs(database, clock)
    database.close()


def claimed(scans: FolderJobs) -> Job:
    job = scans.claim()
    assert job is not None
    return job


def items(count: int) -> list[NewItem]:
    return [NewItem({"name": f"{number}.png"}) for number in range(count)]


def finish(jobs: Jobs, results: list[str]) -> None:
    """Items of whichever job, done with these results."""
    leases = Leases(jobs, "worker", LEASE)
    leased = leases.lease(len(results))
    leases.finish([Outcome(item, 1, result=result) for item, result in zip(leased, results, strict=True)])


def test_a_scan_is_asked_for_once_while_it_waits(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    asked = scans.request(FolderRun("/pictures"))
    assert scans.request(FolderRun("/pictures")).id == asked.id
    assert scans.request(FolderRun("/pictures", "Mine")).id != asked.id
    assert claimed(scans).id == asked.id
    assert scans.request(FolderRun("/pictures")).id != asked.id, "what changed since is to be seen"


def test_a_folder_has_one_scan_at_a_time_and_others_go_on(jobs: Jobs) -> None:
    here, there = FolderJobs(jobs, "here", LEASE), FolderJobs(jobs, "there", LEASE)
    first, inner, other = (here.request(FolderRun(path)) for path in ("/a", "/a/b", "/c"))
    assert claimed(here).id == first.id
    assert claimed(there).id == other.id
    assert there.claim() is None
    here.scanned(first.id, RESULT)
    assert there.claim() is None, "its items aren't done"
    ended = here.to_finish()
    assert ended is not None
    here.finish(ended[0].id, RESULT, 1)
    assert claimed(there).id == inner.id


def test_a_scan_ends_with_its_last_item_and_what_it_changed(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    scans.request(FolderRun("/pictures"))
    job = claimed(scans)
    scans.count(job.id, 6)
    bad = NewItem({"name": "bad.png"}, 422, "Empty.")
    assert scans.feed(job.id, 0, [bad, *items(3)], unchanged=2)
    assert not scans.fed()
    scans.scanned(job.id, RESULT)
    assert scans.fed()
    assert scans.to_finish() is None
    finish(jobs, [ADDED, EMBEDDED, KEPT])
    ended = scans.to_finish()
    assert ended is not None
    assert (ended[0].id, ended[1]) == (job.id, RESULT)
    scans.finish(job.id, RESULT, searchable=5, removed=2)
    job = jobs.get(job.id)
    assert (job.state, job.total, job.done, job.failed) == (DONE, 6, 5, 1)
    items_did = {"added": 1, "changed": 0, "kept": 1, "embedded": 2}
    seen = {"searchable": 5, "removed": 2, "unreachable": 3, "left_out": 4, "unsupported": 6, "raw": 1}
    seen |= {"followed": 0}
    assert job.counts == seen | items_did
    assert [error.detail for error in job.errors] == ["Empty."]


def test_nothing_searchable_after_it_is_a_failure(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    scans.request(FolderRun("/pictures"))
    job = claimed(scans)
    scans.count(job.id, 1)
    scans.feed(job.id, 0, [NewItem({"name": "bad.png"}, 422, "Empty.")], 0)
    scans.finish(job.id, RESULT, searchable=0)
    assert jobs.get(job.id).state == FAILED


def test_a_folder_that_cannot_be_scanned_is_the_only_error(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    scans.request(FolderRun("/pictures"))
    job = claimed(scans)
    scans.fail(job.id, 400, "No such folder.")
    job = jobs.get(job.id)
    assert (job.state, job.total, job.failed) == (FAILED, 1, 1)
    assert [(error.item, error.status) for error in job.errors] == [("/pictures", 400)]


def test_a_scan_whose_process_died_begins_anew(jobs: Jobs, clock: Clock) -> None:
    dead, alive = FolderJobs(jobs, "dead", LEASE), FolderJobs(jobs, "alive", LEASE)
    job = dead.request(FolderRun("/pictures"))
    assert claimed(dead).id == job.id
    dead.count(job.id, 4)
    dead.feed(job.id, 0, items(3), 1)
    finish(jobs, [ADDED])
    assert alive.claim() is None
    clock.now += LEASE + 1
    assert alive.request(FolderRun("/pictures")).id == job.id
    again = claimed(alive)
    assert (again.id, again.total, again.done) == (job.id, 0, 0)
    assert not dead.keep(job.id)
    assert not dead.feed(job.id, 3, items(1), 0)
    assert alive.feed(job.id, 0, items(2), 0)


def test_a_scan_that_died_after_its_last_item_came_in_is_only_finished(jobs: Jobs, clock: Clock) -> None:
    dead, alive = FolderJobs(jobs, "dead", LEASE), FolderJobs(jobs, "alive", LEASE)
    job = dead.request(FolderRun("/pictures"))
    claimed(dead)
    dead.count(job.id, 1)
    dead.feed(job.id, 0, items(1), 0)
    dead.scanned(job.id, RESULT)
    finish(jobs, [ADDED])
    assert dead.to_finish() is not None
    assert alive.claim() is None
    assert alive.to_finish() is None
    clock.now += LEASE + 1
    ended = alive.to_finish()
    assert ended is not None
    assert ended[0].id == job.id


@pytest.mark.parametrize("all_in", [False, True])
def test_a_start_takes_up_what_was_left_behind_and_counts_from_there(jobs: Jobs, all_in: bool) -> None:
    machine = new_owner().partition("|")[0]
    dead, alive = FolderJobs(jobs, f"{machine}|{2**22 + 1}|dead", LEASE), FolderJobs(jobs, new_owner(), LEASE)
    job = dead.request(FolderRun("/pictures"))
    claimed(dead)
    dead.count(job.id, 4)
    dead.feed(job.id, 0, items(4), 0)
    finish(jobs, [ADDED])
    if all_in:
        dead.scanned(job.id, RESULT)
    assert alive.take_up(FolderRun("/pictures", "Mine")).id != job.id
    taken_up = alive.take_up(FolderRun("/pictures"))
    assert (taken_up.id, taken_up.total, taken_up.done) == (job.id, 0, 0)
    assert Leases(jobs, "worker", LEASE).lease(9) == [], "the scan comes first"
    assert claimed(alive).id == job.id
    alive.count(job.id, 4)
    alive.feed(job.id, 0, items(3), 1)
    alive.scanned(job.id, RESULT)
    other = alive.take_up(FolderRun("/pictures"))
    assert other.id != job.id, "its process lives: its items go on"
    finish(jobs, [ADDED] * 3)
    alive.finish(job.id, RESULT, 4)
    counts = jobs.get(job.id).counts or {}
    assert (counts["added"], counts["embedded"]) == (3, 3)


def test_another_encoder_meanwhile_means_another_scan(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    job = scans.request(FolderRun("/pictures", "Mine", "", launched=True))
    claimed(scans)
    scans.scanned(job.id, RESULT)
    assert scans.to_finish() is not None
    scans.again(job.id)
    again = claimed(scans)
    assert (again.id, again.params) == (job.id, job.params)


def test_a_cancelled_scan_takes_no_more_items(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    scans.request(FolderRun("/pictures"))
    job = claimed(scans)
    assert scans.keep(job.id)
    jobs.cancel(job.id)
    assert not scans.keep(job.id)
    assert not scans.feed(job.id, 0, items(1), 0)
    assert jobs.get(job.id).total == 0


def test_a_long_scan_is_counted_whole_though_few_of_its_items_are_kept(jobs: Jobs) -> None:
    scans = FolderJobs(jobs, "here", LEASE)
    scans.request(FolderRun("/pictures"))
    job = claimed(scans)
    scans.count(job.id, 300)
    scans.feed(job.id, 0, items(300), 0)
    scans.scanned(job.id, RESULT)
    finish(jobs, [ADDED] * 300)
    assert scans.to_finish() is not None
    assert jobs.get(job.id).state == RUNNING
    scans.finish(job.id, RESULT, searchable=300)
    job = jobs.get(job.id)
    assert (job.done, job.counts and job.counts["added"]) == (300, 300)
    assert scans.request(FolderRun("/pictures")).id != job.id


def test_asking_for_a_scan_crosses_nobody_who_finishes_items(postgres: PostgresServer) -> None:
    """Both lock several jobs: in two orders, PostgreSQL would end one of them as a deadlock."""
    database = Database(empty_postgres(postgres))
    jobs = Jobs(database, itertools.count().__next__)
    scans = FolderJobs(jobs, "one", 20)
    oldest = scans.request(FolderRun("/0")).id
    others = (scans.request(FolderRun(f"/{number}")).id for number in itertools.count(1))
    smaller = next(id_ for id_ in others if id_ < oldest)

    def waits_for_a_lock() -> bool:
        with database.reading() as db:
            db.execute(text("SELECT pg_stat_clear_snapshot()"))  # else all of a transaction sees the first
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return bool(db.scalar(waiting))

    with ThreadPoolExecutor(1) as thread:
        with database.transaction() as db:
            lock(db, smaller)
            asked = thread.submit(scans.request, FolderRun("/asked"))
            wait_until(waits_for_a_lock, "the request to wait")
            lock(db, oldest)
        assert asked.result().kind == FOLDER
    database.close()
