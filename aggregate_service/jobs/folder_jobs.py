"""Folder runs as jobs: one at a time on a catalogue, visible while it lasts, taken up after a crash."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update

from aggregate_service.catalogue.tables import job_items, jobs
from aggregate_service.jobs.jobs import (
    ACTIVE,
    FOLDER,
    RUNNING,
    Job,
    Jobs,
    NewItem,
    Payload,
    insert_items,
    lock,
)
from aggregate_service.jobs.owners import is_surely_dead

_ONE_AT_A_TIME = 6_301


@dataclass(frozen=True)
class FolderRun:
    """What is asked for: a folder, what the page says about it (None: as before), whose place it takes."""

    folder: str
    label: str | None = None
    notice: str | None = None
    launched: bool = False

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def params(self) -> Payload:
        return asdict(self)


def folder_run(job: Job) -> FolderRun:
    return FolderRun(**job.params)


class FolderJobs:
    """The rows of folder runs; `owner` is this process."""

    def __init__(self, jobs_: Jobs, owner: str, seconds: float) -> None:
        self._jobs, self._owner, self._seconds = jobs_, owner, seconds
        self._database, self._clock = jobs_.database, jobs_.clock

    def request(self, run: FolderRun) -> Job:
        """Queue a run, unless the same one waits already, for its turn or after a crash."""
        with self._database.transaction() as db:
            for row in _runs(db):
                if not self._under_way([row]) and json.loads(row.params) == run.params():
                    return self._jobs.get(row.id)
            return self._jobs.create(FOLDER, run.params())

    def begin(self, run: FolderRun) -> Job | None:
        """A run that this process does now; None while another one is under way."""
        with self._database.transaction() as db:
            if self._under_way(_runs(db)):
                return None
            job = self._jobs.create(FOLDER, run.params())
            self._take(db, job.id)
        return self._jobs.get(job.id)

    def claim(self) -> Job | None:
        """The next run that nobody does, or whose process died; None while one is under way."""
        with self._database.transaction() as db:
            runs = _runs(db)
            if not runs or self._under_way(runs):
                return None
            self._take(db, runs[0].id)
        return self._jobs.get(runs[0].id)

    def keep(self, job_id: str, done: int, total: int) -> bool:
        """Say how far it is and keep it for another lease; False when it was cancelled, or is another's."""
        mine = (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE) & (jobs.c.lease_owner == self._owner)
        values = {"done": done, "total": total, "lease_until": self._clock() + self._seconds}
        with self._database.transaction() as db:
            return bool(db.execute(update(jobs).where(mine).values(**values)).rowcount)

    def say_waiting(self, job_id: str, reason: str | None) -> None:
        with self._database.transaction() as db:
            db.execute(update(jobs).where(jobs.c.id == job_id).values(waiting=reason))

    def end(
        self, job_id: str, state: str, done: int, errors: Sequence[NewItem], counts: Payload | None = None
    ) -> None:
        """`errors` are what could not be taken in, and why; `counts` what the run changed."""
        with self._database.transaction() as db:
            row = lock(db, job_id)
            if row.state not in ACTIVE:
                return
            db.execute(delete(job_items).where(job_items.c.job_id == job_id))
            db.execute(update(jobs).where(jobs.c.id == job_id).values(total=done, done=done, failed=0))
            insert_items(db, job_id, 0, errors)
            ended = {"state": state, "finished_at": self._clock(), "waiting": None, "lease_until": None}
            params = json.loads(row.params) | ({"counts": counts} if counts else {})
            db.execute(update(jobs).where(jobs.c.id == job_id).values(**ended, params=json.dumps(params)))

    def let_go(self, job_id: str) -> None:
        """This process stops; another one, or its next start, goes on."""
        mine = (jobs.c.id == job_id) & (jobs.c.lease_owner == self._owner)
        with self._database.transaction() as db:
            db.execute(update(jobs).where(mine).values(lease_until=0.0))

    def _under_way(self, runs: Sequence[Any]) -> bool:
        now = self._clock()
        held = [row for row in runs if row.state == RUNNING and (row.lease_until or 0.0) > now]
        return any(not is_surely_dead(row.lease_owner) for row in held)

    def _take(self, db: Connection, job_id: str) -> None:
        now = self._clock()
        held = {"state": RUNNING, "lease_owner": self._owner, "lease_until": now + self._seconds}
        started = func.coalesce(jobs.c.started_at, now)
        db.execute(update(jobs).where(jobs.c.id == job_id).values(**held, started_at=started))


def _runs(db: Connection) -> Sequence[Any]:
    """Active folder runs, oldest first, locked; what a watched folder's files became isn't a run."""
    if db.dialect.name == "postgresql":  # where there is no row yet, there is none to lock
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    asked = select(jobs).where(jobs.c.kind == FOLDER, jobs.c.state.in_(ACTIVE)).order_by(jobs.c.created_at)
    return [row for row in db.execute(asked.with_for_update()).all() if "folder" in json.loads(row.params)]
