"""What is answered about a job over HTTP, and sent as the data of its events."""

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from aggregate_service.jobs.jobs import Job
from service_kit.messages.message import members, message
from service_kit.messages.sentence import Sentence

_NAMED = 10


class JobItemError(Sentence):
    """Why one item of a job failed; `item` is its file name, path or link."""

    item: str
    status: int


class JobFailure(Sentence):
    """Why so many items failed: `detail` as the first of them says it, and the names of some."""

    status: int
    count: int
    items: list[str]


class JobAnswer(BaseModel):
    """A job: `done` and `failed` of `total` items; `total` grows while a list is still being read."""

    id: str
    kind: str = Field(
        examples=["upload"],
        description="upload, links, folder, vectors, restore, forget, evaluation or improvement.",
    )
    state: str = Field(examples=["running"], description="queued, running, done, failed or cancelled.")
    total: int
    done: int
    failed: int
    created_at: str = Field(description="UTC.", examples=["2026-05-04T03:02:01.000Z"])
    started_at: str | None
    finished_at: str | None
    waiting: str | None = Field(
        description="What a running job waits for, if anything; it goes on by itself."
    )
    counts: dict[str, int] | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="What it did, once it has ended: how many were `added`, `changed`, `kept` (already here "
        "and left as they were) and `embedded`; a scan also tells how many pictures it `removed`, and how "
        "many are `searchable` since; how many files are `unreachable`, `left_out` by a rule, `unsupported`, "
        "of which so many are cameras' `raw` files, and how many links to folders were `followed`.",
    )
    unsupported: dict[str, int] = Field(
        {},
        exclude_if=lambda value: value == {},
        description="Of a scan that has ended: how many files it saw that aren't read, by their kind.",
        examples=[{"video": 12, "RAW": 3}],
    )
    notes: list[Sentence] = Field(
        [], exclude_if=lambda value: value == [], description="What to know of what was left out."
    )
    failures: list[JobFailure] = Field(description="What failed, by reason, the commonest first.")
    errors: list[JobItemError] = Field(description="Up to 100: some of each reason.")
    pictures: list[int] = Field(description="Ids of the first 100 pictures that it brought in.")


class JobsAnswer(BaseModel):
    """The newest 50 jobs, newest first."""

    jobs: list[JobAnswer]


def job_answer(job: Job) -> JobAnswer:
    return JobAnswer(
        id=job.id,
        kind=job.kind,
        state=job.state,
        total=job.total,
        done=job.done,
        failed=job.failed,
        created_at=_time(job.created_at) or "",
        started_at=_time(job.started_at),
        finished_at=_time(job.finished_at),
        waiting=job.waiting,
        counts=job.counts,
        unsupported=job.unsupported,
        notes=_notes(job),
        failures=[
            JobFailure(status=r.status, count=r.count, items=list(r.items[:_NAMED]), **members(r.detail))
            for r in job.reasons
        ],
        errors=[JobItemError(item=e.item, status=e.status, **members(e.detail)) for e in job.errors],
        pictures=list(job.pictures),
    )


def _notes(job: Job) -> list[Sentence]:
    raw = (job.counts or {}).get("raw", 0)
    return [Sentence(**members(message("raw-left-out", count=raw)))] if raw else []


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
