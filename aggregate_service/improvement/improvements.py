"""Improvements as people ask for them and read them: jobs of one item, which keeps what was compared."""

from typing import Literal

from pydantic import Field

from aggregate_service.errors import NoSuchJob
from aggregate_service.evaluation.evaluations import Source, described, report_facts
from aggregate_service.evaluation.evaluator import Wanted
from aggregate_service.evaluation.kept_truth import keep
from aggregate_service.evaluation.report import Report
from aggregate_service.files.content_store import ContentStore
from aggregate_service.improvement.errors import AlreadyImproving, NoSuchImprovement
from aggregate_service.improvement.lesson import common_labels
from aggregate_service.improvement.projections import InUse, Projections
from aggregate_service.jobs.jobs import IMPROVEMENT, Job, Jobs, NewItem
from service_kit.messages.message import members
from service_kit.messages.sentence import Sentence

_NOTED = ("rows", "result", "best", "fingerprint")


class Improvement(Report):
    """Rows by pictures, words, and `unseen`: words of labels that nothing was learned from."""

    result: Literal["on", "no-gain", "only-tried"] | None = Field(
        None,
        description="on: the projection gained, and is used since; no-gain: nothing was changed; "
        "only-tried: nothing was to be changed. Null until it has ended.",
    )
    best: str | None = Field(None, description="Which projection gained.", examples=["siamese"])
    fingerprint: str | None = Field(None, description="Of the vectors that it makes.")
    problem: Sentence | None = Field(None, description="Why nothing could be learned.")


class Improvements:
    """Called in a thread: it reads and writes rows and files."""

    def __init__(self, jobs: Jobs, contents: ContentStore, projections: Projections) -> None:
        self._jobs, self._contents, self._projections = jobs, contents, projections

    def request(self, source: Source, wanted: Wanted, *, try_only: bool) -> Job:
        """`TooFewLabels` where there is nothing to learn from, `AlreadyImproving` while another goes on."""
        if under_way := self._jobs.active(IMPROVEMENT):
            raise AlreadyImproving(under_way[0].id)
        truth = source.read(self._jobs.database, wanted.seed)
        labels = common_labels(truth.without(wanted.ignore).labels)
        params = described(source, truth, len(labels), wanted) | {"try_only": try_only}
        item = NewItem({"name": "projection"})
        return self._jobs.create(IMPROVEMENT, params | {"list": keep(self._contents, truth)}, [item])

    def report(self, job_id: str) -> Improvement:
        try:
            job = self._jobs.get(job_id)
        except NoSuchJob as unknown:
            raise NoSuchImprovement(job_id) from unknown
        if job.kind != IMPROVEMENT:
            raise NoSuchImprovement(job_id)
        return self._report(job)

    def latest(self) -> list[Improvement]:
        return [self._report(job) for job in self._jobs.latest(IMPROVEMENT)]

    def in_use(self) -> InUse | None:
        return self._projections.in_use()

    def turn_off(self) -> bool:
        """Back to the encoder alone, at once; whether anything was on."""
        return self._projections.turn_off()

    def _report(self, job: Job) -> Improvement:
        (item,) = self._jobs.items(job.id)
        found = {name: item.payload[name] for name in _NOTED if name in item.payload}
        problem = Sentence(**members(item.error)) if item.error else None
        return Improvement.model_validate(report_facts(job) | found | {"problem": problem})
