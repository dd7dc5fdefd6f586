"""A job as it is followed: how far it is, what it waits for, what failed, what came of it."""

from collections.abc import Callable
from time import monotonic

from aggregate_service.cli.exit_codes import DONE, FAILED
from aggregate_service.cli.output import printable, say, stderr, stdout
from aggregate_service.cli.progress import Progress, progress_lines
from aggregate_service.cli.unsupported import by_kind
from aggregate_service.client import ImageSearch, Job

_ERRORS_SHOWN = 20
_CHANGES = (("added", "new"), ("changed", "changed"), ("removed", "removed"), ("embedded", "embedded"))

_LEFT_OUT = {
    "unreachable": (
        "Out of reach",
        ", hidden until their disk or folder is back. If they are gone for good: "
        "image-search folders scan ID --gone",
    ),
    "left_out": ("Left out by their names", " (INDEX_EXCLUDE, .imagesearchignore, hidden files)."),
    "followed": ("Links to folders that were followed", "."),
}


class JobDisplay:
    """Called with the job again and again; a wait is mentioned when it has lasted `patience` seconds."""

    def __init__(
        self,
        progress: Progress,
        tell: Callable[[str], None],
        patience: float = 0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._progress, self._tell, self._patience, self._clock = progress, tell, patience, clock
        self._told: str | None = None
        self._since = clock()

    def __call__(self, job: Job) -> None:
        if job.waiting is None:
            self._told, self._since = None, self._clock()
        elif job.waiting != self._told and self._clock() - self._since >= self._patience:
            self._told = job.waiting
            self._tell(f"Waiting: {job.waiting}")
        self._progress("Indexing" if job.kind == "folder" else job.kind, job.done + job.failed, job.total)


def finish(images: ImageSearch, job: Job, wait: bool = True) -> int:
    """Follow the job, print what came of it, and give the exit code; without waiting: print its id."""
    if not wait:
        stdout().print(job.id)
        return DONE
    ended = follow_job(images, job)
    tell_errors(ended, say)
    stdout().print(summary(ended))
    return outcome(ended)


def follow_job(images: ImageSearch, job: Job) -> Job:
    """Until it has ended. Interrupting this leaves the job alone."""
    latest = job
    try:
        with progress_lines(stderr()) as progress:
            show = JobDisplay(progress, say)
            for latest in images.follow(job):
                show(latest)
    except KeyboardInterrupt:
        say(f"The job goes on without this command: image-search jobs follow {job.id}")
        raise
    return latest


def tell_errors(job: Job, tell: Callable[[str], None]) -> None:
    for note in job.notes:
        tell(note.detail)
    tell_left_out(job.counts or {}, tell)
    if job.unsupported:
        tell(f"Not read: {by_kind(job.unsupported)}.")
    skipped = "Skipped " if job.kind == "folder" and job.state == "done" else ""
    shown = job.errors[:_ERRORS_SHOWN]
    for error in shown:
        tell(f"{skipped}{printable(error.item)}: {error.detail}")
    if (more := job.failed - len(shown)) > 0:
        tell(f"… and {more} more: image-search jobs show {job.id}")


def tell_left_out(counts: dict[str, int], tell: Callable[[str], None]) -> None:
    """What a scan saw and didn't take in, though it could read it."""
    for name, said in _LEFT_OUT.items():
        if (count := counts.get(name, 0)) > 0:
            tell(f"{said[0]}: {count:,}{said[1]}")


def summary(job: Job) -> str:
    if job.kind == "folder" and job.counts:
        changes = ", ".join(f"{job.counts[name]} {word}" for name, word in _CHANGES)
        return f"{job.counts['searchable']} pictures are searchable: {changes}, {job.failed} skipped."
    kept = (job.counts or {}).get("kept", 0)
    here = f", {kept} of them already here" if kept else ""
    failed = f", {job.failed} failed" if job.failed else ""
    return f"{job.kind} {job.id}: {job.state}, {job.done} of {job.total} done{here}{failed}"


def outcome(job: Job) -> int:
    """Failed: the whole job, or each of the files that were sent."""
    all_failed = job.kind != "folder" and job.failed > 0 and job.done == 0
    return FAILED if job.state in ("failed", "cancelled") or all_failed else DONE
