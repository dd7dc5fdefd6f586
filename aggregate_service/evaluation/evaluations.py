"""Evaluations as people ask for them and read them: jobs, whose items keep what was found."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from aggregate_service.catalogue.database import Database
from aggregate_service.errors import NoSuchJob
from aggregate_service.evaluation.errors import NoSuchEvaluation, NothingToAsk
from aggregate_service.evaluation.evaluator import BY, Wanted
from aggregate_service.evaluation.kept_truth import keep
from aggregate_service.evaluation.report import EncoderRow, Report, encoder_row, first_found
from aggregate_service.evaluation.truth import Truth, by_labels, by_list, by_subfolders
from aggregate_service.files.content_store import ContentStore
from aggregate_service.jobs.jobs import EVALUATION, Job, JobItem, Jobs, NewItem, Payload
from service_kit.messages.message import members
from service_kit.messages.sentence import Sentence

LABELS, FOLDERS, LIST = "labels", "folders", "list"


@dataclass(frozen=True)
class Source:
    """Where the labels are from; `name` is the folder, or what the list is called."""

    kind: str
    name: str | None
    read: Callable[[Database, int], Truth]


def catalogue_labels() -> Source:
    return Source(LABELS, None, by_labels)


def subfolders(folder: str) -> Source:
    return Source(FOLDERS, folder, lambda database, seed: by_subfolders(database, folder, seed))


def label_list(path: Path, name: str) -> Source:
    return Source(LIST, name, lambda database, seed: by_list(database, path, name, seed))


class Evaluations:
    """Called in a thread: it reads and writes rows and files."""

    def __init__(self, jobs: Jobs, contents: ContentStore) -> None:
        self._jobs, self._contents = jobs, contents

    def request(self, source: Source, models: Sequence[str | None], wanted: Wanted) -> Job:
        """A job with an item for each encoder and each way to ask; a 422 where there is nothing to go by."""
        truth = source.read(self._jobs.database, wanted.seed)
        labels = {label for found in truth.without(wanted.ignore).labels.values() for label in found}
        if not labels:
            raise NothingToAsk
        params = described(source, truth, len(labels), wanted) | {"list": keep(self._contents, truth)}
        items = [
            NewItem({"name": f"{model or 'encoder'}, {by}", "model": model, "by": by})
            for model in models
            for by in BY
        ]
        return self._jobs.create(EVALUATION, params, items)

    def report(self, job_id: str) -> Report:
        """What was found until now; `NoSuchEvaluation`."""
        try:
            job = self._jobs.get(job_id)
        except NoSuchJob as unknown:
            raise NoSuchEvaluation(job_id) from unknown
        if job.kind != EVALUATION:
            raise NoSuchEvaluation(job_id)
        return self._report(job, compare=True)

    def latest(self) -> list[Report]:
        """The newest, without their tables by label and without what one encoder finds more than another."""
        return [_brief(self._report(job, compare=False)) for job in self._jobs.latest(EVALUATION)]

    def _report(self, job: Job, *, compare: bool) -> Report:
        rows = _rows(self._jobs.items(job.id), job.params["seed"], compare)
        return Report.model_validate(report_facts(job) | {"rows": rows})


def described(source: Source, truth: Truth, labels: int, wanted: Wanted) -> Payload:
    """What a job's params say of what it goes by."""
    return asdict(wanted) | {
        "source": source.kind,
        "name": source.name,
        "pictures": len(truth.labels),
        "known": truth.known,
        "unknown": truth.unknown,
        "labels": labels,
    }


def report_facts(job: Job) -> Payload:
    """What a report says of its job."""
    facts = {name: job.params[name] for name in Report.model_fields if name in job.params}
    times = {"created_at": _moment(job.created_at), "finished_at": _moment(job.finished_at)}
    return facts | times | {"id": job.id, "state": job.state}


def _rows(items: Sequence[JobItem], seed: int, compare: bool) -> list[EncoderRow]:
    """In the order of asking; `compare` holds each encoder after the first against that one."""
    ended = [item for item in items if item.error or item.payload.get("found")]
    payloads = [item.payload for item in items]
    rows = []
    for item in ended:
        problem = Sentence(**members(item.error)) if item.error else None
        first = first_found(payloads, item.payload["by"])
        against = first if compare and first is not item.payload.get("found") else None
        rows.append(encoder_row(item.payload, problem, against, seed))
    return rows


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _brief(report: Report) -> Report:
    rows = [row.model_copy(update={"labels": []}) for row in report.rows]
    return report.model_copy(update={"rows": rows})
