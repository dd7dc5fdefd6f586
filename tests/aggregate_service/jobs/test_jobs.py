"""Jobs and leases keep their word in SQLite and in PostgreSQL."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from aggregate_service.catalogue.database import Database
from aggregate_service.errors import JobEnded, NoSuchJob
from aggregate_service.jobs.jobs import DONE, FAILED, LINKS, UPLOAD, Job, Jobs, NewItem
from aggregate_service.jobs.leases import Item, Leases, Outcome
from aggregate_service.jobs.owners import is_surely_dead, new_owner

LEASE = 20.0


Open = Callable[[], Database]
"""Opens the same database once more, as another process would."""


@pytest.fixture
def open_one(database_url: str) -> Iterator[Open]:
    databases: list[Database] = []

    def open_another() -> Database:
        databases.append(Database(database_url))
        return databases[-1]

    yield open_another
    for database in databases:
        database.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(open_one: Open, clock: Clock) -> Jobs:
    return Jobs(open_one(), clock)


def items(count: int) -> list[NewItem]:
    return [NewItem({"name": f"{number}.png"}) for number in range(count)]


def numbers(leased: list[Item]) -> list[int]:
    return [item.number for item in leased]


def done(leased: list[Item]) -> list[Outcome]:
    return [Outcome(item, picture_id=100 + item.number) for item in leased]


def worker(jobs: Jobs, name: str = "one") -> Leases:
    return Leases(jobs, name, LEASE)


def state_of(jobs: Jobs, job: Job) -> tuple[str, int, int, int]:
    now = jobs.get(job.id)
    return now.state, now.total, now.done, now.failed


def test_a_job_goes_from_queued_to_done(jobs: Jobs, clock: Clock) -> None:
    job = jobs.create(UPLOAD, {"labels": ["pets"]}, items(3))
    assert (job.state, job.total, job.created_at, job.started_at) == ("queued", 3, 1_000.0, None)
    one = worker(jobs)
    clock.now += 1
    leased = one.lease(2)
    assert numbers(leased) == [0, 1]
    assert leased[0].params["labels"] == ["pets"]
    assert leased[0].payload == {"name": "0.png"}
    assert state_of(jobs, job) == ("running", 3, 0, 0)
    one.finish(done(leased))
    clock.now += 1
    one.finish(done(one.lease(32)))
    ended = jobs.get(job.id)
    assert (ended.state, ended.done, ended.started_at, ended.finished_at) == ("done", 3, 1_001.0, 1_002.0)
    assert ended.pictures == [100, 101, 102]
    assert one.idle()
    assert one.lease(32) == []


def test_what_failed_is_named_and_the_rest_goes_on(jobs: Jobs) -> None:
    job = jobs.create(UPLOAD, {}, [*items(2), NewItem({"name": "notes.txt"}, 422, "Not a picture.")])
    one = worker(jobs)
    first, second = one.lease(32)
    one.finish([Outcome(first, status=404, error="Gone."), Outcome(second, picture_id=7)])
    ended = jobs.get(job.id)
    assert (ended.state, ended.total, ended.done, ended.failed) == ("done", 3, 1, 2)
    assert [(e.item, e.status, e.detail) for e in ended.errors] == [
        ("0.png", 404, "Gone."),
        ("notes.txt", 422, "Not a picture."),
    ]


def test_a_job_of_nothing_but_bad_items_has_failed_at_once(jobs: Jobs) -> None:
    job = jobs.create(UPLOAD, {}, [NewItem({"name": "a.txt"}, 422, "Not a picture.")])
    assert (job.state, job.failed) == ("failed", 1)
    assert worker(jobs).idle()


def test_an_item_is_tried_three_times_at_most(jobs: Jobs) -> None:
    job = jobs.create(UPLOAD, {}, items(1))
    one = worker(jobs)
    for tries in range(3):
        (item,) = one.lease(32)
        assert item.tries == tries
        one.finish([Outcome(item, status=500, error="Broken.", again=True)])
    assert state_of(jobs, job) == (FAILED, 1, 0, 1)


def test_a_crash_costs_no_try_and_loses_no_item(jobs: Jobs, clock: Clock) -> None:
    job = jobs.create(UPLOAD, {}, items(2))
    for crash in range(5):
        assert numbers(worker(jobs, f"dead {crash}").lease(32)) == [0, 1]
        assert worker(jobs, "alive").lease(32) == []
        clock.now += LEASE + 1
    alive = worker(jobs, "alive")
    leased = alive.lease(32)
    assert [item.tries for item in leased] == [0, 0]
    alive.finish(done(leased))
    assert state_of(jobs, job) == (DONE, 2, 2, 0)


def test_a_dead_process_of_this_machine_isnt_waited_for(jobs: Jobs) -> None:
    jobs.create(UPLOAD, {}, items(2))
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    machine, _, own = new_owner().split("|")
    dead = f"{machine}|{process.pid}|{own}"
    assert (is_surely_dead(dead), is_surely_dead(new_owner())) == (True, False)
    assert not is_surely_dead(f"elsewhere|{process.pid}|{own}")
    worker(jobs, dead).lease(32)
    alive = worker(jobs, new_owner())
    assert alive.lease(32) == []
    alive.release_dead()
    assert numbers(alive.lease(32)) == [0, 1]


def test_heartbeats_keep_what_is_held(jobs: Jobs, clock: Clock) -> None:
    jobs.create(UPLOAD, {}, items(1))
    one, two = worker(jobs), worker(jobs, "two")
    one.lease(32)
    for _ in range(4):
        clock.now += LEASE * 0.9
        one.heartbeat()
        assert two.lease(32) == []
    clock.now += LEASE * 1.1
    assert len(two.lease(32)) == 1


def test_a_heartbeat_does_not_wait_for_what_is_being_finished(open_one: Open, clock: Clock) -> None:
    """In PostgreSQL they would wait for each other; in SQLite one writer waits for the other anyway."""
    jobs = Jobs(open_one(), clock)
    if jobs.database.is_sqlite:
        pytest.skip("one writer at a time")
    job = jobs.create(UPLOAD, {}, items(3))
    one = worker(jobs)
    first, *_ = one.lease(3)
    clock.now += LEASE / 2
    with ThreadPoolExecutor(1) as elsewhere, jobs.database.transaction():
        one.finish([Outcome(first)])
        elsewhere.submit(one.heartbeat).result(120)
    clock.now += LEASE * 0.75
    assert worker(jobs, "two").lease(3) == []
    assert jobs.get(job.id).done == 1


def test_who_comes_back_too_late_changes_nothing(jobs: Jobs, clock: Clock) -> None:
    job = jobs.create(UPLOAD, {}, items(2))
    late, quick = worker(jobs, "late"), worker(jobs, "quick")
    stale = late.lease(32)
    clock.now += LEASE + 1
    fresh = quick.lease(32)
    quick.finish(done(fresh[:1]))
    assert late.finish(done(stale)) == []
    assert state_of(jobs, job) == ("running", 2, 1, 0)
    quick.finish(done(fresh[1:]))
    assert state_of(jobs, job) == (DONE, 2, 2, 0)


def test_a_worker_that_stops_gives_back_what_it_holds(jobs: Jobs) -> None:
    jobs.create(UPLOAD, {}, items(3))
    one, two = worker(jobs), worker(jobs, "two")
    one.lease(32)
    one.release()
    assert numbers(two.lease(32)) == [0, 1, 2]


def test_jobs_take_turns(jobs: Jobs, clock: Clock) -> None:
    long = jobs.create(UPLOAD, {}, items(10))
    clock.now += 1
    short = jobs.create(UPLOAD, {}, items(2))
    one = worker(jobs)
    order = [leased[0].job_id for _ in range(4) if (leased := one.lease(2))]
    assert order == [long.id, short.id, long.id, long.id]


def test_a_cancelled_job_begins_nothing_more(jobs: Jobs) -> None:
    job = jobs.create(UPLOAD, {}, items(4))
    one = worker(jobs)
    held = one.lease(2)
    assert jobs.cancel(job.id).state == "cancelled"
    assert one.ended([job.id]) == {job.id}
    assert one.lease(32) == []
    one.finish(done(held))  # it was under way
    assert state_of(jobs, job) == ("cancelled", 4, 2, 0)
    with pytest.raises(JobEnded, match="cancelled"):
        jobs.cancel(job.id)


def test_unknown_jobs_are_named(jobs: Jobs) -> None:
    for call in (jobs.get, jobs.cancel):
        with pytest.raises(NoSuchJob, match="nothing-like-it"):
            call("nothing-like-it")


def test_the_newest_jobs_come_first(jobs: Jobs, clock: Clock) -> None:
    made = []
    for _ in range(52):
        clock.now += 1
        made.append(jobs.create(UPLOAD, {}, items(1)).id)
    assert [job.id for job in jobs.latest()] == made[:1:-1]
    assert jobs.active_counts() == {"queued": 52, "running": 0}


def test_a_list_is_fed_by_one_and_ends_when_all_is_in(jobs: Jobs, clock: Clock) -> None:
    job = jobs.create(LINKS, {"name": "links.csv"}, feeding=True)
    one, two = worker(jobs), worker(jobs, "two")
    fed = one.to_feed(500)
    assert fed is not None
    assert (fed.job_id, fed.total, fed.params["name"]) == (job.id, 0, "links.csv")
    assert two.to_feed(500) is None
    assert jobs.feed(job.id, items(3), first=0, last=False)
    assert not jobs.feed(job.id, items(3), first=0, last=False)
    one.finish(done(one.lease(32)))
    assert state_of(jobs, job) == ("running", 3, 3, 0)
    clock.now += LEASE + 1
    assert two.to_feed(500) is not None  # the first one died
    assert jobs.feed(job.id, [NewItem({"name": "row 4"}, 422, "No link.")], first=3, last=True)
    assert state_of(jobs, job) == (DONE, 4, 3, 1)
    assert two.to_feed(500) is None


def test_a_job_that_has_enough_isnt_fed(jobs: Jobs) -> None:
    job = jobs.create(LINKS, {"name": "links.csv"}, feeding=True)
    one = worker(jobs)
    jobs.feed(job.id, items(5), first=0, last=False)
    assert one.to_feed(5) is None
    one.finish(done(one.lease(1)))
    assert one.to_feed(5) is not None


def test_a_list_that_cant_be_read_ends_its_job(jobs: Jobs) -> None:
    job = jobs.create(LINKS, {"name": "links.csv"}, feeding=True)
    jobs.fail(job.id, "links.csv", 422, "It has no column of links.")
    ended = jobs.get(job.id)
    assert (ended.state, ended.errors[0].item, ended.errors[0].status) == ("failed", "links.csv", 422)


def test_what_a_job_waits_for_is_said_until_it_goes_on(jobs: Jobs) -> None:
    job = jobs.create(UPLOAD, {}, items(2))
    one = worker(jobs)
    leased = one.lease(1)
    one.say_waiting([job.id], "The embedding service can't be reached.")
    assert jobs.get(job.id).waiting == "The embedding service can't be reached."
    one.finish(done(leased))
    assert jobs.get(job.id).waiting is None


def test_two_workers_never_hold_the_same_item(open_one: Open) -> None:
    job = Jobs(open_one()).create(UPLOAD, {}, items(200))
    seen: list[int] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        mine = Leases(Jobs(open_one()), name, LEASE)
        while leased := mine.lease(7):
            with lock:
                seen.extend(numbers(leased))
            mine.finish(done(leased))

    threads = [threading.Thread(target=work, args=[name]) for name in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(200))
    assert state_of(Jobs(open_one()), job) == (DONE, 200, 200, 0)
