"""How items end is written down once; what can't be written is set aside and said, and stops nobody."""

import logging
from collections.abc import Sequence
from functools import partial

from aggregate_service.jobs.leases import Item, Leases, Outcome
from aggregate_service.jobs.patience import steadily
from service_kit.messages.message import message

log = logging.getLogger("aggregate.worker")
_NOT_RECORDED = message("item-not-recorded")


class Endings:
    """`set_aside` are the items whose end can't be written: they stay leased, so that nobody tries again."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self.set_aside: list[Item] = []

    async def write(self, outcomes: Sequence[Outcome]) -> None:
        if await self._is_written(outcomes):
            return
        for outcome in outcomes:
            plain = Outcome(outcome.item, outcome.picture_id, 500, _NOT_RECORDED)
            if not (await self._is_written([outcome]) or await self._is_written([plain])):
                self.set_aside.append(outcome.item)
        await self.say()

    async def say(self) -> None:
        """Again and again: an item of the same job that ends takes back what the job waits for."""
        for item in self.set_aside:
            said = message("item-set-aside", number=item.number)
            await steadily(partial(self._leases.say_waiting, [item.job_id], said))

    async def _is_written(self, outcomes: Sequence[Outcome]) -> bool:
        try:
            await steadily(lambda: self._leases.finish(outcomes))
        except Exception:  # whatever it is, it concerns these items, and not the ones behind them
            item = outcomes[0].item
            log.exception("item %d of job %s: its end can't be stored", item.number, item.job_id)
            return False
        return True
