"""The scan at the start, as the launcher shows it: asked of the aggregate until it has ended."""

from aggregate_service.cli.job_progress import JobDisplay, summary, tell_errors
from aggregate_service.cli.progress import progress_lines
from aggregate_service.client import Job
from aggregate_service.local.console import console, say
from aggregate_service.local.services import Service, ServiceFailed, ServiceGroup

_PATIENCE_SECONDS = 5.0  # services that have just started are waited for without a word


def follow(aggregate: Service, services: ServiceGroup) -> None:
    """Show how far it is, where there is one; `ServiceFailed` when the pictures couldn't be indexed."""
    with progress_lines(console) as progress:
        show = JobDisplay(progress, say, _PATIENCE_SECONDS)
        job = _job(aggregate, services)
        while job and not job.ended:
            show(job)
            services.pause(0.2)
            job = _job(aggregate, services)
        if job is None:
            return
        show(job)
    if job.state == "failed":
        raise ServiceFailed(f"the pictures can't be indexed: {job.errors[0].detail}")
    if job.state == "cancelled":
        say("Indexing was cancelled: the pictures that weren't reached can't be found.")
        return
    tell_errors(job, say)
    say(summary(job))


def _job(aggregate: Service, services: ServiceGroup) -> Job | None:
    """None where no folder is indexed at the start. A crash of the aggregate changes the job's id."""
    while True:
        _, ready = aggregate.get("/readyz")
        if "start_job" in ready and ready["start_job"] is None:
            return None
        if job_id := ready.get("start_job"):
            status, job = aggregate.get(f"/jobs/{job_id}")
            if status == 200:
                aggregate.was_ready = True
                return Job.model_validate(job)
        services.pause(0.2)
