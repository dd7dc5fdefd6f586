"""Why nothing can be measured, and what to do: answered before a job begins, or by one of its rows."""

from pathlib import Path

from service_kit.messages.message import message
from service_kit.problems import NotFound, Unprocessable


class NoSuchEvaluation(NotFound):
    def __init__(self, job_id: str) -> None:
        super().__init__(message("no-such-evaluation", id=job_id))


class NoLabels(Unprocessable):
    title = "No labels to go by"

    def __init__(self) -> None:
        super().__init__(message("evaluation-without-labels"))


class NoSubfolders(Unprocessable):
    title = "No labels to go by"

    def __init__(self, folder: Path | str) -> None:
        super().__init__(message("evaluation-without-subfolders", folder=str(folder)[:1000]))


class UnusableLabels(Unprocessable):
    title = "Unusable list of labels"


class NothingToAsk(Unprocessable):
    title = "Nothing to ask"

    def __init__(self) -> None:
        super().__init__(message("evaluation-nothing-to-ask"))


class TooFewIndexed(Unprocessable):
    title = "Too few pictures"

    def __init__(self, model: str, count: int) -> None:
        super().__init__(message("evaluation-too-few-indexed", model=model, count=count))
