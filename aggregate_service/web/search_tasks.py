"""Searches of the older calls: begun by one request, asked for by others; answers are kept for an hour."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from aggregate_service.catalogue.storable import is_storable
from aggregate_service.catalogue.tables import jobs
from aggregate_service.errors import NoSuchTask
from aggregate_service.jobs.jobs import DONE, FAILED, RUNNING, Jobs
from aggregate_service.jobs.patience import steadily
from service_kit.problems import Problem

SEARCH = "search"
_KEPT_SECONDS = 3_600.0
_LONGEST_SECONDS = 120.0
_LOST = "The service was stopped before the search was answered: send it again."


@dataclass(frozen=True)
class SearchTask:
    """`state` as a job's; `result` is the answer, or the problem of a failed one."""

    state: str
    result: Any


class SearchTasks:
    """Rows beside the jobs', so that any process on the same database can answer for them."""

    def __init__(self, jobs_: Jobs) -> None:
        self._database, self._clock = jobs_.database, jobs_.clock
        self._running: set[asyncio.Task[None]] = set()

    async def begin(self, search: Callable[[], Awaitable[Any]]) -> str:
        """The task's id, at once; the search goes on by itself."""
        task_id = await steadily(self._insert)
        task = asyncio.create_task(self._run(task_id, search))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task_id

    def get(self, task_id: str) -> SearchTask:
        """`NoSuchTask` for an unknown one, and an hour after it was begun."""
        mine = (jobs.c.id == task_id) & (jobs.c.kind == SEARCH)
        with self._database.reading() as db:
            row = db.execute(select(jobs).where(mine)).one_or_none() if is_storable(task_id) else None
        if row is None or row.created_at < self._clock() - _KEPT_SECONDS:
            raise NoSuchTask(task_id)
        if row.state == RUNNING and row.lease_until < self._clock():
            return SearchTask(FAILED, {"detail": _LOST})
        return SearchTask(row.state, json.loads(row.params).get("result"))

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _insert(self) -> str:
        task_id, now = uuid4().hex, self._clock()
        row = {"id": task_id, "kind": SEARCH, "state": RUNNING, "params": "{}", "created_at": now}
        with self._database.transaction() as db:
            db.execute(delete(jobs).where(jobs.c.kind == SEARCH, jobs.c.created_at < now - _KEPT_SECONDS))
            db.execute(insert(jobs).values(**row, lease_until=now + _LONGEST_SECONDS))
        return task_id

    async def _run(self, task_id: str, search: Callable[[], Awaitable[Any]]) -> None:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                state, result = DONE, await search()
        except Problem as problem:
            state, result = FAILED, problem.body()
        except TimeoutError:
            state, result = FAILED, {"detail": f"No answer within {_LONGEST_SECONDS:g} s."}
        await steadily(lambda: self._end(task_id, state, result))

    def _end(self, task_id: str, state: str, result: Any) -> None:
        ended = {"state": state, "params": json.dumps({"result": result}), "finished_at": self._clock()}
        with self._database.transaction() as db:
            db.execute(update(jobs).where(jobs.c.id == task_id).values(**ended))
