"""What came of a job's items, counted; why others failed, by reason, with some of each."""

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.jobs.jobs import FAILED, LINKS, UPLOAD, Jobs, NewItem
from aggregate_service.jobs.leases import Leases, Outcome
from aggregate_service.jobs.results import ADDED, EMBEDDED, KEPT
from service_kit.messages.message import message


def failed(name: str, detail: str, status: int = 422) -> NewItem:
    return NewItem({"name": name}, status, detail)


def test_one_kind_of_error_does_not_hide_the_others(catalog: Catalog) -> None:
    many = [failed(f"row {n}", message("link-repeated", row=n)) for n in range(300)]
    few = [failed(f"row {300 + n}", message("no-link")) for n in range(3)]
    plain = [
        failed("row 303", 'It says "no": {"type": '),
        failed("row 304", "No.", 404),
        failed("row 305", "No."),
    ]
    jobs = Jobs(catalog.database)
    job = jobs.create(LINKS, {}, [*many, *few, *plain])
    assert (job.state, job.failed, len(job.errors)) == (FAILED, 306, 100)
    assert [(reason.count, reason.status) for reason in job.reasons] == [
        (300, 422),
        (3, 422),
        (1, 422),
        (1, 404),
        (1, 422),
    ]
    first, second, *_ = job.reasons
    assert (first.detail, first.items[:2]) == (message("link-repeated", row=0), ("row 0", "row 1"))
    assert (second.detail, second.items) == (message("no-link"), ("row 300", "row 301", "row 302"))
    told = [error.item for error in job.errors]
    assert told == sorted(told, key=lambda item: int(item.removeprefix("row ")))
    assert {f"row {n}" for n in range(300, 306)} <= set(told)


def test_results_are_counted_when_the_job_has_ended(catalog: Catalog) -> None:
    jobs = Jobs(catalog.database)
    job = jobs.create(UPLOAD, {}, [NewItem({"name": str(n)}) for n in range(5)])
    leases = Leases(jobs, "one", 600)
    results = (ADDED, KEPT, KEPT, EMBEDDED)
    *done, bad = leases.lease(10)
    leases.finish([Outcome(item, result=result) for item, result in zip(done, results, strict=True)])
    assert jobs.get(job.id).counts is None
    leases.finish([Outcome(bad, status=422, error="Bad.")])
    assert jobs.get(job.id).counts == {"added": 1, "changed": 0, "kept": 2, "embedded": 2}
