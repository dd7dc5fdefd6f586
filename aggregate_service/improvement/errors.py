"""Why an encoder can't be improved now, and what to do."""

from service_kit.messages.message import message
from service_kit.problems import Conflict, NotFound, Unprocessable


class NoSuchImprovement(NotFound):
    def __init__(self, job_id: str) -> None:
        super().__init__(message("no-such-improvement", id=job_id))


class TooFewLabels(Unprocessable):
    title = "Too few labels"

    def __init__(self, count: int, labels: int, pictures: int) -> None:
        super().__init__(message("improvement-too-few-labels", count=count, labels=labels, pictures=pictures))


class AlreadyImproving(Conflict):
    title = "Already under way"

    def __init__(self, job_id: str) -> None:
        super().__init__(message("improvement-under-way", id=job_id))
