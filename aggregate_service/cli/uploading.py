"""Sending files to the service: in requests of a size that it takes, each of which becomes a job."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.output import printable, say, stderr
from aggregate_service.client import ImageSearch, Job

_FILES = 1_000  # the service's MAX_UPLOAD_FILES
_BYTES = 100_000_000  # under its MAX_REQUEST_MB, with room for the form around the files
_ERRORS_SHOWN = 20
LISTS = (".csv", ".txt")
VECTORS = ".npy"


def requests(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Vectors with their list are one request, a list of links is one of its own, pictures fill theirs."""
    if any(is_vectors(file) for file in files):
        yield list(files)
        return
    for file in files:
        if is_list(file):
            yield [file]
    batch: list[Path] = []
    weight = 0
    for file in files:
        if is_list(file):
            continue
        size = file.stat().st_size
        if batch and (len(batch) == _FILES or weight + size > _BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(file)
        weight += size
    if batch:
        yield batch


def is_list(file: Path) -> bool:
    return file.suffix.lower() in LISTS


def is_vectors(file: Path) -> bool:
    return file.suffix.lower() == VECTORS


def follow_job(images: ImageSearch, job: Job) -> Job:
    """A bar until the job has ended; then what failed, and why. Interrupting it leaves the job alone."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    latest = job
    try:
        with Progress(*columns, console=stderr(), disable=not stderr().is_terminal) as bars:
            bar = bars.add_task(f"{job.kind} {job.id}", total=None)
            for latest in images.follow(job):
                bars.update(bar, completed=latest.done + latest.failed, total=latest.total or None)
                bars.update(bar, description=latest.waiting or f"{job.kind} {job.id}")
    except KeyboardInterrupt:
        say(f"The job goes on without this command: image-search jobs follow {job.id}")
        raise
    _tell_errors(latest)
    return latest


def _tell_errors(job: Job) -> None:
    for error in job.errors[:_ERRORS_SHOWN]:
        say(f"{printable(error.item)}: {error.detail}")
    if more := job.failed - min(len(job.errors), _ERRORS_SHOWN):
        say(f"… and {more} more failed: image-search jobs show {job.id}")


def outcome(job: Job) -> int:
    """Failed: the whole job, or each of its items."""
    all_failed = job.failed > 0 and job.done == 0
    return FAILED if job.state in ("failed", "cancelled") or all_failed else DONE


def summary(job: Job) -> str:
    failed = f", {job.failed} failed" if job.failed else ""
    return f"{job.kind} {job.id}: {job.state}, {job.done} of {job.total} done{failed}"
