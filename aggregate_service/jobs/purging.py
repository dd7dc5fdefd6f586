"""Pictures that are missing: after so many days, or as a person says so, a job forgets them."""

import asyncio
import logging
from collections.abc import Callable
from time import time

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.jobs.jobs import FORGET, Job, Jobs, NewItem
from aggregate_service.jobs.patience import steadily
from service_kit.problems import Problem

log = logging.getLogger("aggregate.deleting")
_EVERY_SECONDS = 3_600.0
DAY = 86_400.0


class Purging:
    """Once at its start, then every hour, until it is cancelled. Those that nobody could look for stay."""

    def __init__(self, catalog: Catalog, jobs: Jobs, days: float, clock: Callable[[], float] = time) -> None:
        self._catalog, self._jobs, self._days, self._clock = catalog, jobs, days, clock

    async def run(self) -> None:
        while True:
            try:
                await steadily(self.purge)
            except Problem as problem:
                log.warning("pictures that are missing for long stay for now: %s", problem.detail)
            await asyncio.sleep(_EVERY_SECONDS)

    def purge(self) -> Job | None:
        """The job that forgets what is due; None where nothing is, or one is under way."""
        if self._jobs.active(FORGET):
            return None
        return forget(self._catalog, self._jobs, before=self._clock() - self._days * DAY)


def forget(
    catalog: Catalog, jobs: Jobs, *, before: float | None = None, unreachable: bool = False
) -> Job | None:
    """A job for the pictures that are missing since before then, or those out of reach; None without any.

    Its items say what will go, before any of it does.
    """
    ids = catalog.missing(before, unreachable=unreachable)
    if not ids:
        return None
    names = {id_: picture.title or picture.path for id_, picture in catalog.pictures(ids).items()}
    items = [
        NewItem({"name": name, "picture": id_, "unreachable": unreachable}) for id_, name in names.items()
    ]
    log.info("%d missing pictures are to be forgotten", len(items))
    return jobs.create(FORGET, {}, items)
