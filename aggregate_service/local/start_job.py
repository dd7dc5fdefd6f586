"""The index run at the start, as the launcher shows it: asked of the aggregate until it has ended."""

from collections.abc import Mapping
from time import monotonic
from typing import Any

from aggregate_service.cli.progress import progress_lines
from aggregate_service.local.console import console, say
from aggregate_service.local.services import Service, ServiceFailed, Services

_ACTIVE = ("queued", "running")
_ERRORS_SHOWN = 20
_WAIT_SECONDS = 5.0  # services that have just started are waited for without a word
_CHANGES = (("added", "new"), ("changed", "changed"), ("removed", "removed"), ("embedded", "embedded"))


def follow(aggregate: Service, services: Services) -> None:
    """Show how far it is; `ServiceFailed` when the pictures couldn't be indexed."""
    job = _job(aggregate, services)
    said, since = None, monotonic()
    with progress_lines(console) as progress:
        while job["state"] in _ACTIVE:
            if job["waiting"] is None:
                said, since = None, monotonic()
            elif job["waiting"] != said and monotonic() - since > _WAIT_SECONDS:
                said = job["waiting"]
                say(f"Waiting: {said}")
            progress("Indexing", job["done"], job["total"])
            services.pause(0.2)
            job = _job(aggregate, services)
        if job["state"] == "done":
            progress("Indexing", job["total"], job["total"])
    _tell_end(job)


def _job(aggregate: Service, services: Services) -> dict[str, Any]:
    """A crash of the aggregate changes the job's id, or none is known for a moment."""
    while True:
        _, ready = aggregate.get("/readyz")
        if job_id := ready.get("start_job"):
            status, job = aggregate.get(f"/jobs/{job_id}")
            if status == 200:
                aggregate.was_ready = True
                return job
        services.pause(0.2)


def _tell_end(job: Mapping[str, Any]) -> None:
    if job["state"] == "failed":
        raise ServiceFailed(f"the pictures can't be indexed: {job['errors'][0]['detail']}")
    if job["state"] == "cancelled":
        say("Indexing was cancelled: the pictures that weren't reached can't be found.")
        return
    for error in job["errors"][:_ERRORS_SHOWN]:
        say(f"Skipped {error['item']!r}: {error['detail']}")
    if (more := job["failed"] - len(job["errors"][:_ERRORS_SHOWN])) > 0:
        say(f"… and {more} more skipped")
    changes = ", ".join(f"{job['counts'][what]} {word}" for what, word in _CHANGES)
    say(f"{job['counts']['searchable']} pictures are searchable: {changes}, {job['failed']} skipped.")
