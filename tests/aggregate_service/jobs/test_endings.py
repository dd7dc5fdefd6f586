"""An item whose end can't be written is set aside and said; those behind it end as if it weren't there."""

import asyncio
from collections.abc import Iterator, Sequence

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.jobs.endings import Endings
from aggregate_service.jobs.feeding import Feeder
from aggregate_service.jobs.jobs import DONE, FAILED, LINKS, UPLOAD, Jobs, NewItem
from aggregate_service.jobs.leases import Fed, Leases, Outcome
from tests.waiting import wait_until

UNWRITABLE, NEVER = "can't be written", "never"


class Stubborn(Leases):
    """Some ends can't be written: a database's reasons are its own."""

    def finish(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        for outcome in outcomes:
            if outcome.error == UNWRITABLE or outcome.item.name == NEVER:
                raise ValueError("no such text")
        return super().finish(outcomes)


def ended(catalog: Catalog, *names: str) -> tuple[Jobs, Leases, list[str]]:
    """Items with these names end; all but the first with an error that can't be written."""
    jobs = Jobs(catalog.database)
    leases = Stubborn(jobs, "one", 600)
    jobs.create(UPLOAD, {}, [NewItem({"name": name}) for name in names])
    first, *others = leases.lease(10)
    endings = Endings(leases)
    outcomes = [Outcome(first), *(Outcome(item, status=422, error=UNWRITABLE) for item in others)]
    asyncio.run(endings.write(outcomes))
    return jobs, leases, [item.name for item in endings.set_aside]


def test_what_can_be_written_is(catalog: Catalog) -> None:
    jobs, _, aside = ended(catalog, "good", "bad")
    (job,) = jobs.latest()
    assert (job.state, job.done, job.failed, aside) == (DONE, 1, 1, [])
    assert [(error.item, error.status) for error in job.errors] == [("bad", 500)]
    assert "can't be stored" in job.errors[0].detail


def test_what_can_never_be_written_is_set_aside_and_said(catalog: Catalog) -> None:
    jobs, leases, aside = ended(catalog, "good", NEVER, "bad")
    (job,) = jobs.latest()
    assert (job.done, job.failed, aside) == (1, 1, [NEVER])
    assert "set aside until the service is restarted" in (job.waiting or "")
    assert leases.lease(10) == []


def test_a_list_that_cannot_be_stored_fails_and_the_next_one_is_read(catalog: Catalog) -> None:
    jobs = Jobs(catalog.database)
    bad, good = (jobs.create(LINKS, {"name": name}, feeding=True) for name in ("bad.csv", "good.csv"))

    def items(fed: Fed) -> Iterator[NewItem]:
        broken = [NewItem({"name": "row 1", "why": object()})]
        return iter(broken if fed.job_id == bad.id else [NewItem({"name": "row 1"}, 422, "bad")])

    async def feed() -> None:
        feeder = asyncio.create_task(Feeder(jobs, Leases(jobs, "one", 600), items, 0.01).run())
        await asyncio.to_thread(wait_until, lambda: jobs.get(good.id).ended, "the second list to be read")
        assert not feeder.done()
        feeder.cancel()
        await asyncio.gather(feeder, return_exceptions=True)

    asyncio.run(feed())
    assert (jobs.get(bad.id).state, jobs.get(bad.id).errors[0].item) == (FAILED, "bad.csv")
