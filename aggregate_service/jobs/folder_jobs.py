"""Folder scans as rows among the jobs: asked for, scanned by one process, ended with their last item."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, select, text, update

from aggregate_service.catalogue.tables import job_items, jobs
from aggregate_service.jobs.jobs import (
    ACTIVE,
    DONE,
    FAILED,
    FOLDER,
    RUNNING,
    SCANNED,
    UNSUPPORTED,
    Job,
    Jobs,
    NewItem,
    Payload,
    insert_items,
    lock,
)
from aggregate_service.jobs.leases import MOST_TRIES
from aggregate_service.jobs.owners import is_surely_dead
from aggregate_service.jobs.results import count_results
from picture_files.formats import RAW

_ONE_AT_A_TIME = 6_301
_FED = "fed"  # among the params: every item is in, with what the scan itself found out
_FED_BY = "fed_by"  # among the params: the process that scanned
_TRIES = "tries"  # among the params: how often it failed for a reason that nobody foresaw
_KEPT_ITEMS = 100  # of an ended scan, besides those that failed


@dataclass(frozen=True)
class FolderRun:
    """What is asked for: a folder, what the page says about it (None: as before), whose place it takes.

    `gone`: files that aren't found are no more; none lies on a disk that may come back.
    """

    folder: str
    label: str | None = None
    notice: str | None = None
    launched: bool = False
    gone: bool = False

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def params(self) -> Payload:
        return asdict(self)


_ASKED = tuple(field.name for field in fields(FolderRun))


def folder_run(job: Job) -> FolderRun:
    return FolderRun(**_asked(job.params))


@dataclass(frozen=True)
class ScanResult:
    """What a scan found out by itself; the rest is said by its items."""

    fingerprint: str
    collection: str
    began: float = 0.0
    """In seconds since 1970."""
    unreachable: int = 0
    left_out: int = 0
    unsupported: Mapping[str, int] = field(default_factory=dict)
    """Files that aren't read, by their kind."""
    followed: int = 0
    """Links to folders elsewhere."""


class FolderJobs:
    """The rows of scans; `owner` is this process."""

    def __init__(self, jobs_: Jobs, owner: str, seconds: float) -> None:
        self._jobs, self._owner, self._seconds = jobs_, owner, seconds
        self._database, self._clock = jobs_.database, jobs_.clock

    def request(self, run: FolderRun) -> Job:
        """Queue a scan, unless the same one waits already, for its turn or after a crash."""
        with self._database.transaction() as db:
            for row in _scans(db):
                params = json.loads(row.params)
                if not self._under_way(row) and _FED not in params and _asked(params) == run.params():
                    return self._jobs.get(row.id)
            return self._jobs.create(FOLDER, run.params())

    def take_up(self, run: FolderRun) -> Job:
        """`request`, at a start: a scan that was left behind begins anew, and counts from now on."""
        with self._database.transaction() as db:
            for row in _scans(db):
                params = json.loads(row.params)
                if _asked(params) == run.params() and self._is_left_behind(row, params):
                    self._clear(db, row.id)
                    kept = json.dumps(_asked(params))
                    db.execute(update(jobs).where(jobs.c.id == row.id).values(params=kept))
                    return self._jobs.get(row.id)
            return self.request(run)

    def claim(self) -> Job | None:
        """The next scan that nobody does, or whose process died: it begins anew.

        A folder has one scan at a time: one that overlaps with an older, unfinished one waits for it.
        """
        with self._database.transaction() as db:
            older: list[Path] = []
            for row in _scans(db):
                params = json.loads(row.params)
                folder = Path(params[SCANNED])
                free = not self._under_way(row) and _FED not in params
                if free and not any(overlap(folder, other) for other in older):
                    self._begin(db, row.id)
                    return self._jobs.get(row.id)
                older.append(folder)
        return None

    def count(self, job_id: str, total: int) -> None:
        """How many files there are to look at, and to take in where they changed."""
        with self._database.transaction() as db:
            db.execute(update(jobs).where(jobs.c.id == job_id).values(total=total))

    def feed(self, job_id: str, first: int, items: Sequence[NewItem], unchanged: int) -> bool:
        """Add items, numbered from `first`, and keep the scan; False when cancelled, or another's."""
        with self._database.transaction() as db:
            if not self._keep(db, job_id, {"done": jobs.c.done + unchanged}):
                return False
            insert_items(db, job_id, first, items, counted=True)
        if items:
            self._jobs.wake()
        return True

    def keep(self, job_id: str) -> bool:
        """Hold it for another lease; False when it was cancelled, or is another's."""
        with self._database.transaction() as db:
            return self._keep(db, job_id, {})

    def scanned(self, job_id: str, result: ScanResult) -> None:
        """All items are in; whoever sees them ended finishes the job."""
        with self._database.transaction() as db:
            params = json.loads(lock(db, job_id).params) | {_FED: asdict(result), _FED_BY: self._owner}
            values = {"params": json.dumps(params), "lease_owner": None, "lease_until": None}
            db.execute(update(jobs).where(jobs.c.id == job_id).values(**values))

    def fed(self) -> bool:
        """Whether there is a scan all of whose items are in."""
        with self._database.reading() as db:
            return any(_FED in json.loads(params) for params in db.scalars(_active(jobs.c.params)))

    def others(self, job_id: str) -> list[Path]:
        """The folders of the other scans that aren't ended."""
        with self._database.reading() as db:
            params = db.scalars(_active(jobs.c.params).where(jobs.c.id != job_id))
            return [folder_path for one in params if (folder_path := _folder(json.loads(one)))]

    def to_finish(self) -> tuple[Job, ScanResult] | None:
        """A scan whose items have all ended, held by this process from now on."""
        with self._database.transaction() as db:
            for row in _scans(db):
                fed = json.loads(row.params).get(_FED)
                if fed is None or row.done + row.failed < row.total or self._under_way(row):
                    continue
                self._take(db, row.id)
                return self._jobs.get(row.id), ScanResult(**fed)
        return None

    def again(self, job_id: str) -> None:
        """It is to be scanned once more: the encoder changed meanwhile."""
        with self._database.transaction() as db:
            params = _asked(json.loads(lock(db, job_id).params))
            values = {"params": json.dumps(params), "lease_until": 0.0}
            db.execute(update(jobs).where(jobs.c.id == job_id).values(**values))

    def try_again(self, job_id: str) -> bool:
        """It failed, and is to go on when it is let go; False, and nothing changes, after the last try."""
        with self._database.transaction() as db:
            params = json.loads(lock(db, job_id).params)
            params[_TRIES] = params.get(_TRIES, 0) + 1
            if params[_TRIES] >= MOST_TRIES:
                return False
            db.execute(update(jobs).where(jobs.c.id == job_id).values(params=json.dumps(params)))
        return True

    def say_waiting(self, job_id: str, reason: str | None) -> None:
        with self._database.transaction() as db:
            db.execute(update(jobs).where(jobs.c.id == job_id).values(waiting=reason))

    def finish(self, job_id: str, result: ScanResult, searchable: int, removed: int = 0) -> None:
        """Done, with what it changed; failed, if nothing is searchable after it."""
        with self._database.transaction() as db:
            row = lock(db, job_id)
            if row.state not in ACTIVE:
                return
            seen = {
                "searchable": searchable,
                "removed": removed,
                "unreachable": result.unreachable,
                "left_out": result.left_out,
                "followed": result.followed,
                "unsupported": sum(result.unsupported.values()),
                "raw": result.unsupported.get(RAW.name, 0),
            }
            found = {"counts": seen | count_results(db, job_id), UNSUPPORTED: dict(result.unsupported)}
            params = _asked(json.loads(row.params)) | found
            self._end(db, job_id, DONE if searchable or not row.failed else FAILED)
            db.execute(update(jobs).where(jobs.c.id == job_id).values(params=json.dumps(params)))
            done = (job_items.c.job_id == job_id) & job_items.c.error.is_(None)
            db.execute(delete(job_items).where(done, job_items.c.number >= _KEPT_ITEMS))

    def fail(self, job_id: str, status: int, detail: str) -> None:
        """It can't be scanned at all; what it couldn't work with is the folder."""
        with self._database.transaction() as db:
            row = lock(db, job_id)
            if row.state not in ACTIVE:
                return
            db.execute(delete(job_items).where(job_items.c.job_id == job_id))
            db.execute(update(jobs).where(jobs.c.id == job_id).values(total=row.done, failed=0))
            insert_items(db, job_id, 0, [NewItem({"name": json.loads(row.params)[SCANNED]}, status, detail)])
            self._end(db, job_id, FAILED)

    def let_go(self, job_id: str) -> None:
        """Not held here any more: what isn't ended goes on with the next one that takes it."""
        mine = (jobs.c.id == job_id) & (jobs.c.lease_owner == self._owner)
        with self._database.transaction() as db:
            db.execute(update(jobs).where(mine).values(lease_until=0.0))

    def _under_way(self, row: Any) -> bool:
        held = row.state == RUNNING and (row.lease_until or 0.0) > self._clock()
        return held and row.lease_owner is not None and not is_surely_dead(row.lease_owner)

    def _is_left_behind(self, row: Any, params: Payload) -> bool:
        fed = _FED in params
        return not self._under_way(row) and (not fed or is_surely_dead(params.get(_FED_BY, "")))

    def _begin(self, db: Connection, job_id: str) -> None:
        self._clear(db, job_id)
        self._take(db, job_id)

    @staticmethod
    def _clear(db: Connection, job_id: str) -> None:
        """What a scan that died had found is found again; what it had done needn't be done again."""
        db.execute(delete(job_items).where(job_items.c.job_id == job_id))
        db.execute(update(jobs).where(jobs.c.id == job_id).values(total=0, done=0, failed=0, waiting=None))

    def _take(self, db: Connection, job_id: str) -> None:
        now = self._clock()
        held = {"state": RUNNING, "lease_owner": self._owner, "lease_until": now + self._seconds}
        started = func.coalesce(jobs.c.started_at, now)
        db.execute(update(jobs).where(jobs.c.id == job_id).values(**held, started_at=started))

    def _keep(self, db: Connection, job_id: str, values: Payload) -> bool:
        mine = (jobs.c.id == job_id) & jobs.c.state.in_(ACTIVE) & (jobs.c.lease_owner == self._owner)
        held = values | {"lease_until": self._clock() + self._seconds}
        return bool(db.execute(update(jobs).where(mine).values(**held)).rowcount)

    def _end(self, db: Connection, job_id: str, state: str) -> None:
        ended = {"state": state, "finished_at": self._clock(), "waiting": None, "lease_until": None}
        db.execute(update(jobs).where(jobs.c.id == job_id).values(**ended))


def _asked(params: Payload) -> Payload:
    return {name: params[name] for name in _ASKED if name in params}


def _active(*columns: Any) -> Any:
    return select(*columns).where(jobs.c.kind == FOLDER, jobs.c.state.in_(ACTIVE))


def _scans(db: Connection) -> Sequence[Any]:
    """Active scans, oldest first; what a watched folder's files became isn't one.

    Locked in the order of their ids, as whoever finishes items does it: two orders end in a deadlock.
    """
    if db.dialect.name == "postgresql":  # where there is no row yet, there is none to lock
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
    rows = db.execute(_active(jobs).order_by(jobs.c.id).with_for_update()).all()
    scans = [row for row in rows if SCANNED in json.loads(row.params)]
    return sorted(scans, key=lambda row: row.created_at)


def _folder(params: Payload) -> Path | None:
    return Path(params[SCANNED]) if SCANNED in params else None


def overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)
