"""Jobs as workers see them: items are leased, kept by heartbeats, and finished once by whoever holds them."""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select, tuple_, update

from aggregate_service.catalogue.tables import job_items, jobs
from aggregate_service.jobs.jobs import (
    ACTIVE,
    DONE,
    FAILED,
    FEEDING,
    KINDS,
    LEASED,
    LINKS,
    QUEUED,
    RUNNING,
    VECTORS,
    WAITING,
    Jobs,
    Payload,
    end_if_complete,
)
from aggregate_service.jobs.owners import is_surely_dead

MOST_TRIES = 3


@dataclass(frozen=True)
class Item:
    """One leased item, with what its job says for all of them (`params`)."""

    job_id: str
    kind: str
    number: int
    params: Payload
    payload: Payload
    tries: int

    @property
    def name(self) -> str:
        return str(self.payload["name"])


@dataclass(frozen=True)
class Outcome:
    """How an item ended: a picture (None where it left none), or an error; `again` asks for another try.

    `result` says what became of the picture: ADDED, CHANGED, EMBEDDED, MERGED, or KEPT as it was.
    """

    item: Item
    picture_id: int | None = None
    status: int = 0
    error: str | None = None
    again: bool = False
    result: str | None = None

    @property
    def state(self) -> str:
        if self.error is None:
            return DONE
        return WAITING if self.again and self.item.tries + 1 < MOST_TRIES else FAILED


@dataclass(frozen=True)
class Fed:
    """A job that takes its items from a list, bit by bit; `total` came already, `waiting` nobody has yet."""

    job_id: str
    kind: str
    params: Payload
    total: int
    waiting: int


class Leases:
    """One worker's hold on items. Clocks of several machines may differ by less than a lease lasts.

    A crash costs an item no try: whoever was killed, the item isn't to blame. Only failures count.
    """

    def __init__(self, jobs_: Jobs, owner: str, seconds: float) -> None:
        self._jobs, self._owner, self._seconds = jobs_, owner, seconds
        self._database, self._clock = jobs_.database, jobs_.clock
        self._last_job = ""

    def idle(self) -> bool:
        """True when no job waits for anybody: asked often, without a lock."""
        with self._database.reading() as db:
            active = select(jobs.c.id).where(jobs.c.state.in_(ACTIVE), jobs.c.kind.in_(KINDS))
            return db.execute(active.limit(1)).first() is None

    def lease(self, limit: int) -> list[Item]:
        """Up to `limit` items of one job; jobs take turns, the oldest first."""
        with self._database.transaction() as db:
            for job in self._in_turn(db):
                if numbers := self._take(db, job.id, limit):
                    self._last_job = job.id
                    return self._hold(db, job, numbers)
        return []

    def wake(self) -> None:
        """Items have ended: a scan may be over by that."""
        self._jobs.wake()

    def heartbeat(self) -> None:
        """Keep what is held here for another lease; what is being finished at this moment needs none."""
        until = self._clock() + self._seconds
        key = tuple_(job_items.c.job_id, job_items.c.number)
        mine = (job_items.c.state == LEASED) & (job_items.c.lease_owner == self._owner)
        # Skipped, not waited for: both would lock several items, each in its own order.
        held = key.in_(select(*key.clauses).where(mine).with_for_update(skip_locked=True))
        feeding = jobs.c.state.in_(ACTIVE) & (jobs.c.lease_owner == self._owner)
        with self._database.transaction() as db:
            db.execute(update(job_items).where(held).values(lease_until=until))
            db.execute(update(jobs).where(feeding).values(lease_until=until))

    def ended(self, job_ids: Collection[str]) -> set[str]:
        """Which of these jobs are over: cancelled, most likely."""
        over = select(jobs.c.id).where(jobs.c.id.in_(sorted(job_ids)), jobs.c.state.not_in(ACTIVE))
        with self._database.reading() as db:
            return set(db.execute(over).scalars())

    def finish(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Each outcome is written once, and counted, if its item is still held here; returns those.

        Called inside the transaction that marks the pictures, so that both happen or neither.
        """
        with self._database.transaction() as db:
            written = [outcome for outcome in outcomes if self._finish_one(db, outcome)]
            done = Counter(o.item.job_id for o in written if o.state == DONE)
            failed = Counter(o.item.job_id for o in written if o.state == FAILED)
            for job_id in sorted({o.item.job_id for o in written}):
                counts = {"done": jobs.c.done + done[job_id], "failed": jobs.c.failed + failed[job_id]}
                db.execute(update(jobs).where(jobs.c.id == job_id).values(**counts, waiting=None))
                end_if_complete(db, job_id, self._clock())
        return written

    def release(self, items: Sequence[Item] | None = None) -> None:
        """Give items back untouched (all that are held here, if none are named)."""
        held = (job_items.c.state == LEASED) & (job_items.c.lease_owner == self._owner)
        back = update(job_items).values(state=WAITING, lease_owner=None, lease_until=None)
        with self._database.transaction() as db:
            if items is None:
                db.execute(back.where(held))
                db.execute(update(jobs).where(jobs.c.lease_owner == self._owner).values(lease_until=0.0))
            for item in items or ():
                db.execute(back.where(held, _is(item)))

    def release_dead(self) -> None:
        """Free what processes of this machine held that are no more, without waiting for their leases."""
        items = select(job_items.c.lease_owner).where(job_items.c.lease_owner.is_not(None)).distinct()
        feeding = select(jobs.c.lease_owner).where(jobs.c.state.in_(ACTIVE), jobs.c.lease_owner.is_not(None))
        with self._database.transaction() as db:
            owners = {*db.scalars(items), *db.scalars(feeding)}
            dead = [owner for owner in owners if is_surely_dead(owner)]
            if dead:
                held = (job_items.c.state == LEASED) & job_items.c.lease_owner.in_(dead)
                db.execute(update(job_items).where(held).values(state=WAITING, lease_owner=None))
                db.execute(update(jobs).where(jobs.c.lease_owner.in_(dead)).values(lease_until=0.0))

    def say_waiting(self, job_ids: Sequence[str], reason: str) -> None:
        """What these jobs wait for; said until one of their items is finished."""
        with self._database.transaction() as db:
            running = (jobs.c.state == RUNNING) & jobs.c.id.in_(sorted(job_ids))
            db.execute(update(jobs).where(running).values(waiting=reason))

    def to_feed(self, most_waiting: int) -> Fed | None:
        """A job whose list isn't all in yet and that runs low; this worker feeds it from now on."""
        with self._database.transaction() as db:
            now = self._clock()
            free = or_(
                jobs.c.lease_owner == self._owner, jobs.c.lease_until.is_(None), jobs.c.lease_until < now
            )
            asked = select(jobs).where(jobs.c.state.in_(ACTIVE), jobs.c.kind.in_((LINKS, VECTORS)), free)
            for job in db.execute(asked.order_by(jobs.c.created_at).with_for_update(skip_locked=True)).all():
                params = json.loads(job.params)
                if FEEDING not in params:
                    continue
                waiting = _count_waiting(db, job.id, most_waiting)
                if waiting < most_waiting:
                    self._hold_job(db, job.id, now)
                    return Fed(job.id, job.kind, params, job.total, waiting)
        return None

    def _in_turn(self, db: Connection) -> list[Any]:
        active = select(jobs.c.id, jobs.c.kind, jobs.c.params).where(jobs.c.state.in_(ACTIVE))
        order = list(db.execute(active.where(jobs.c.kind.in_(KINDS)).order_by(jobs.c.created_at, jobs.c.id)))
        last = next((place for place, job in enumerate(order) if job.id == self._last_job), -1)
        return order[last + 1 :] + order[: last + 1]

    def _take(self, db: Connection, job_id: str, limit: int) -> list[int]:
        """Numbers of items that nobody holds, or whose holder let the time pass."""
        expired = (job_items.c.state == LEASED) & (job_items.c.lease_until < self._clock())
        numbers: list[int] = []
        for free in (job_items.c.state == WAITING, expired):
            wanted = select(job_items.c.number).where(job_items.c.job_id == job_id, free)
            some = wanted.order_by(job_items.c.number).limit(limit - len(numbers))
            numbers += db.execute(some.with_for_update(skip_locked=True)).scalars()
            if len(numbers) == limit:
                break
        return numbers

    def _hold(self, db: Connection, job: Any, numbers: list[int]) -> list[Item]:
        now = self._clock()
        chosen = (job_items.c.job_id == job.id) & job_items.c.number.in_(numbers)
        held = {"state": LEASED, "lease_owner": self._owner, "lease_until": now + self._seconds}
        db.execute(update(job_items).where(chosen).values(**held))
        queued = (jobs.c.id == job.id) & (jobs.c.state == QUEUED)
        db.execute(update(jobs).where(queued).values(state=RUNNING, started_at=now))
        rows = db.execute(select(job_items).where(chosen).order_by(job_items.c.number)).all()
        params = json.loads(job.params)
        return [
            Item(job.id, job.kind, row.number, params, json.loads(row.payload), row.tries) for row in rows
        ]

    def _hold_job(self, db: Connection, job_id: str, now: float) -> None:
        held = {"lease_owner": self._owner, "lease_until": now + self._seconds}
        running = {"state": RUNNING, "started_at": func.coalesce(jobs.c.started_at, now)}
        db.execute(update(jobs).where(jobs.c.id == job_id).values(**held, **running))

    def _finish_one(self, db: Connection, outcome: Outcome) -> bool:
        held = (job_items.c.state == LEASED) & (job_items.c.lease_owner == self._owner)
        result = db.execute(
            update(job_items)
            .where(held, _is(outcome.item))
            .values(
                state=outcome.state,
                picture_id=outcome.picture_id,
                status=outcome.status or None,
                error=outcome.error,
                result=outcome.result if outcome.error is None else None,
                tries=outcome.item.tries + (outcome.error is not None),
                lease_owner=None,
                lease_until=None,
            )
        )
        return result.rowcount == 1


def _is(item: Item) -> Any:
    return (job_items.c.job_id == item.job_id) & (job_items.c.number == item.number)


def _count_waiting(db: Connection, job_id: str, most: int) -> int:
    some = select(job_items.c.number).where(job_items.c.job_id == job_id, job_items.c.state == WAITING)
    return int(db.execute(select(func.count()).select_from(some.limit(most).subquery())).scalar_one())
