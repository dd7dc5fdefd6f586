"""Jobs as people see them: what was asked for, how far it is, what went wrong. Rows of the database."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.storable import is_storable
from aggregate_service.catalogue.tables import job_items, jobs
from aggregate_service.errors import JobEnded, NoSuchJob
from aggregate_service.jobs.results import ItemError, Reason, count_results, errors_of

UPLOAD, LINKS, FOLDER, VECTORS = "upload", "links", "folder", "vectors"
RESTORE, FORGET, EVALUATION, IMPROVEMENT = "restore", "forget", "evaluation", "improvement"
KINDS = (UPLOAD, LINKS, FOLDER, VECTORS, RESTORE, FORGET, EVALUATION, IMPROVEMENT)
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ACTIVE = (QUEUED, RUNNING)
WAITING, LEASED = "waiting", "leased"
FEEDING = "feeding"
SCANNED = "folder"
"""Among a job's params: it is a scan of that folder, and ended by whoever scans it."""
UNSUPPORTED = "unsupported"
"""Among a scan's params, once it has ended: how many files it can't read, by their kind."""
_SHOWN = 100
_REMEMBERED = 200
_LISTED = 50
Payload = dict[str, Any]


@dataclass(frozen=True)
class NewItem:
    """`payload["name"]` is what people read; with an `error` the item has failed before it began."""

    payload: Payload
    status: int = 0
    error: str | None = None


@dataclass(frozen=True)
class JobItem:
    """One item as it is now; with an `error` it has failed."""

    payload: Payload
    state: str
    error: str | None


@dataclass(frozen=True)
class Job:
    """`waiting` says what a running job waits for, if anything; times are seconds since 1970."""

    id: str
    kind: str
    state: str
    params: Payload
    total: int
    done: int
    failed: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    waiting: str | None
    errors: Sequence[ItemError] = ()
    reasons: Sequence[Reason] = ()
    """Why items failed; each of the `errors` is of one of these."""
    pictures: Sequence[int] = ()
    results: dict[str, int] | None = None
    """What came of its items, once it has ended."""

    @property
    def is_scan(self) -> bool:
        return SCANNED in self.params

    @property
    def ended(self) -> bool:
        return self.state not in ACTIVE

    @property
    def counts(self) -> dict[str, int] | None:
        """What it changed, once it has ended; a scan says more than its items do."""
        counts: dict[str, int] | None = self.params.get("counts")
        return counts or self.results

    @property
    def unsupported(self) -> dict[str, int]:
        """How many files of which kinds a scan has seen that can't be read."""
        kinds: dict[str, int] = self.params.get(UNSUPPORTED, {})
        return kinds


class Jobs:
    """Safe from several threads and processes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time) -> None:
        self.database, self.clock = database, clock
        self._wakes: list[Callable[[], None]] = []
        self._results: dict[tuple[Any, ...], dict[str, Any]] = {}

    def on_new_work(self, wake: Callable[[], None]) -> None:
        """Call this, from any thread, when there is something to do in this process."""
        self._wakes.append(wake)

    def wake(self) -> None:
        for wake in self._wakes:
            wake()

    def create(
        self, kind: str, params: Payload, items: Sequence[NewItem] = (), *, feeding: bool = False
    ) -> Job:
        """A queued job. `feeding`: more items will come (`feed`); without it, no items mean a scan."""
        job_id = uuid4().hex
        if feeding:
            params = params | {FEEDING: True}
        with self.database.transaction() as db:
            row = {"id": job_id, "kind": kind, "state": QUEUED, "params": json.dumps(params)}
            counts = {"total": 0, "done": 0, "failed": 0}
            db.execute(insert(jobs).values(**row, **counts, created_at=self.clock()))
            if items:
                insert_items(db, job_id, 0, items)
                end_if_complete(db, job_id, self.clock())
        self.wake()
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """With its first 100 errors and pictures; `NoSuchJob`."""
        with self.database.reading() as db:
            known = is_storable(job_id)
            row = db.execute(_visible().where(jobs.c.id == job_id)).one_or_none() if known else None
            if row is None:
                raise NoSuchJob(job_id)
            return self._with_results(db, row)

    def latest(self, kind: str | None = None) -> list[Job]:
        """The newest 50, each with its first errors and pictures; of one kind alone where that is named."""
        newest = _visible().order_by(jobs.c.created_at.desc(), jobs.c.id).limit(_LISTED)
        if kind is not None:
            newest = newest.where(jobs.c.kind == kind)
        with self.database.reading() as db:
            return [self._with_results(db, row) for row in db.execute(newest).all()]

    def items(self, job_id: str) -> list[JobItem]:
        """All of them: for kinds of jobs that have a few."""
        chosen = select(job_items).where(job_items.c.job_id == job_id).order_by(job_items.c.number)
        with self.database.reading() as db:
            return [JobItem(json.loads(row.payload), row.state, row.error) for row in db.execute(chosen)]

    def note(self, job_id: str, number: int, facts: Payload) -> None:
        """Keep what was found out about an item with its payload."""
        mine = (job_items.c.job_id == job_id) & (job_items.c.number == number)
        with self.database.transaction() as db:
            payload = json.loads(db.scalar(select(job_items.c.payload).where(mine).with_for_update()) or "{}")
            db.execute(update(job_items).where(mine).values(payload=json.dumps(payload | facts)))

    def active(self, kind: str) -> list[Job]:
        """Those that wait or run, oldest first, without what has come of their items."""
        chosen = select(jobs).where(jobs.c.kind == kind, jobs.c.state.in_(ACTIVE)).order_by(jobs.c.created_at)
        with self.database.reading() as db:
            return [_job(row) for row in db.execute(chosen)]

    def active_counts(self) -> dict[str, int]:
        """How many are queued, and how many run."""
        counted = select(jobs.c.state, func.count()).where(jobs.c.kind.in_(KINDS)).group_by(jobs.c.state)
        with self.database.reading() as db:
            found = {row[0]: int(row[1]) for row in db.execute(counted.where(jobs.c.state.in_(ACTIVE)))}
        return {state: found.get(state, 0) for state in ACTIVE}

    def cancel(self, job_id: str) -> Job:
        """Nothing of it begins any more; what is under way ends within a batch. `JobEnded` after its end."""
        with self.database.transaction() as db:
            changed = db.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state.in_(ACTIVE), jobs.c.kind.in_(KINDS))
                .values(state=CANCELLED, finished_at=self.clock(), waiting=None)
            )
            if changed.rowcount == 0:
                raise JobEnded(job_id, self.get(job_id).state)
        return self.get(job_id)

    def fail(self, job_id: str, item: str, status: int, detail: str) -> None:
        """End a job that can't go on at all; `item` names what it couldn't work with."""
        with self.database.transaction() as db:
            total = lock(db, job_id).total
            insert_items(db, job_id, total, [NewItem({"name": item}, status, detail)])
            db.execute(
                update(jobs)
                .where(jobs.c.id == job_id, jobs.c.state.in_(ACTIVE))
                .values(state=FAILED, finished_at=self.clock(), waiting=None)
            )

    def feed(self, job_id: str, items: Sequence[NewItem], *, first: int, last: bool) -> bool:
        """Add items to a job that was created with `feeding`; after the last ones it can end.

        False, and nothing is added, when it isn't so far, or is farther: somebody else feeds it.
        """
        with self.database.transaction() as db:
            row = lock(db, job_id)
            if row.total != first or row.state not in ACTIVE:
                return False
            insert_items(db, job_id, first, items)
            if last:
                params = {k: v for k, v in json.loads(row.params).items() if k != FEEDING}
                db.execute(update(jobs).where(jobs.c.id == job_id).values(params=json.dumps(params)))
                end_if_complete(db, job_id, self.clock())
        self.wake()
        return True

    def count_held_up(self) -> int:
        """How many say that they wait for something."""
        held_up = select(func.count()).where(jobs.c.state.in_(ACTIVE), jobs.c.waiting.is_not(None))
        with self.database.reading() as db:
            return int(db.scalar(held_up) or 0)

    def lists_in_use(self) -> set[str]:
        """Names of the files that active jobs take their items from."""
        with_lists = (LINKS, VECTORS, EVALUATION, IMPROVEMENT)
        active = select(jobs.c.params).where(jobs.c.state.in_(ACTIVE), jobs.c.kind.in_(with_lists))
        with self.database.reading() as db:
            listed = [json.loads(params) for params in db.scalars(active)]
        return {params[name] for params in listed for name in ("list", "vectors") if name in params}

    def forget(self, seconds: float) -> int:
        """Remove the jobs that ended so long ago, with their items; says how many."""
        old = (jobs.c.finished_at < self.clock() - seconds) & jobs.c.state.not_in(ACTIVE)
        with self.database.transaction() as db:
            return int(db.execute(delete(jobs).where(old)).rowcount)

    def _with_results(self, db: Connection, row: Row[Any]) -> Job:
        """Counting many items takes a while: once, however often people ask, until another one ends."""
        job, state = _job(row), (row.id, row.state, row.done, row.failed)
        if (known := self._results.get(state)) is None:
            known = _results(db, job)
            if job.ended or not job.is_scan:  # a scan that begins anew has other items
                self._results[state] = known
            while len(self._results) > _REMEMBERED:
                self._results.pop(next(iter(self._results)), None)
        return replace(job, **known)


def lock(db: Connection, job_id: str) -> Row[Any]:
    """The job's row; nobody else changes it until the transaction ends."""
    return db.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).one()


def insert_items(
    db: Connection, job_id: str, first: int, items: Sequence[NewItem], *, counted: bool = False
) -> None:
    """Items numbered from `first`, and the job's counts; `counted`: its total holds them already."""
    rows = [
        {
            "job_id": job_id,
            "number": number,
            "payload": json.dumps(item.payload),
            "state": WAITING if item.error is None else FAILED,
            "tries": 0,
            "status": item.status or None,
            "error": item.error,
        }
        for number, item in enumerate(items, first)
    ]
    if not rows:
        return
    db.execute(insert(job_items), rows)
    failed = sum(item.error is not None for item in items)
    more = 0 if counted else len(rows)
    counts = {"total": jobs.c.total + more, "failed": jobs.c.failed + failed}
    db.execute(update(jobs).where(jobs.c.id == job_id).values(**counts))


def end_if_complete(db: Connection, job_id: str, now: float) -> None:
    """A job whose items are all finished is done; failed, if not one of them could be done."""
    row = lock(db, job_id)
    params = json.loads(row.params)
    if row.state not in ACTIVE or {FEEDING, SCANNED} & params.keys() or row.done + row.failed < row.total:
        return
    state = FAILED if row.failed and not row.done else DONE
    ended = {"state": state, "finished_at": now, "waiting": None}
    started = func.coalesce(jobs.c.started_at, now)
    db.execute(update(jobs).where(jobs.c.id == job_id).values(**ended, started_at=started))


def _visible() -> Any:
    """Tasks of the older search calls are kept as rows too; they aren't jobs."""
    return select(jobs).where(jobs.c.kind.in_(KINDS))


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        state=row.state,
        params=json.loads(row.params),
        total=row.total,
        done=row.done,
        failed=row.failed,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        waiting=row.waiting,
    )


def _results(db: Connection, job: Job) -> dict[str, Any]:
    errors, reasons = errors_of(db, job.id) if job.failed else ([], [])
    results = count_results(db, job.id) if job.ended and not job.is_scan else None
    return {"errors": errors, "reasons": reasons, "pictures": _pictures(db, job.id), "results": results}


def _pictures(db: Connection, job_id: str) -> list[int]:
    done = (
        select(job_items.c.picture_id)
        .where(job_items.c.job_id == job_id, job_items.c.state == DONE, job_items.c.picture_id.is_not(None))
        .order_by(job_items.c.number)
        .limit(_SHOWN)
    )
    return list(dict.fromkeys(db.execute(done).scalars()))
