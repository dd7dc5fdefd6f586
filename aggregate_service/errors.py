"""Every error of the aggregate service; the status lives on the class.

Problem
├── NoSuchPicture        404  unknown id, or its file is gone
├── NoSuchJob            404  unknown id
├── NoSuchTask           404  unknown id, or its result isn't kept any more
├── JobEnded             409  too late to cancel it
├── NotIndexed           409  no vectors of the current encoder
├── UnreadablePicture    4xx  a file that can't be read as a picture: `picture_files.errors`
├── NoSuchLink           404  no picture of the catalogue came from this link
├── NoSuchModel          404  an encoder that the embedding service doesn't know
├── NotSearchable        409  a picture without a vector of the current encoder
├── EncoderChanged       503  one question, answered by two encoders
├── InvalidRequest       422  wrong number of files, k, or text
├── CancelledOut         422  a mixture of which nothing is left
├── UnusableUploads      422  some uploads failed, of a question that needs all
├── UnusableVectors      422  vectors that don't fit their list, the encoder, or any use
├── NothingReadable      422  every upload failed; `errors` says why, one by one
├── NotReady             503  /readyz while not every picture can be found yet
├── FirstIndexFailed     503  the folder of the start couldn't be indexed
├── NothingToRestore     404  never deleted, or too long ago
├── DeletionWaits        503  noted, and carried out when the search service answers
├── ForeignForm          403  a form of another site
├── DatabaseAway         503  the catalogue's database can't be reached, or is full
├── DatabaseUnfit        503  it isn't one that we can use
├── ServiceDown          503  another service can't be reached or doesn't answer
├── ServiceBroken        502  another service answered what it never should
├── DiskFull             507  no room where pictures are kept
├── ServiceRefused       any  another service's own problem, passed on as it is
└── CannotIndex          400  the folder can't be indexed at all
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from picture_files.errors import UnreadablePicture as UnreadablePicture
from service_kit.problems import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    Problem,
    Unavailable,
    Unprocessable,
)


class NoSuchPicture(NotFound):
    def __init__(self, picture_id: int) -> None:
        super().__init__(f"There is no picture with the id {picture_id} in the catalogue.")


class NoSuchJob(NotFound):
    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job with the id {job_id}.")


class NoSuchTask(NotFound):
    def __init__(self, task_id: str) -> None:
        super().__init__(f"There is no task with the id {task_id}; results of searches are kept for an hour.")


class JobEnded(Conflict):
    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"The job {job_id} has ended already: it is {state}.")


class NotIndexed(Conflict):
    title = "Not indexed for this encoder"

    def __init__(self, fingerprint: str) -> None:
        super().__init__(
            f"This collection isn't indexed with the encoder {fingerprint} yet. While the embedding service "
            "runs it (EMBEDDING_MODEL), `image-search index DIR` does that; `make run` does it at its start."
        )


class NotReady(Unavailable):
    """What `/readyz` says while searches can't be answered in full; `facts` are members of the problem."""

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.facts = facts

    def body(self) -> dict[str, Any]:
        return super().body() | self.facts


class FirstIndexFailed(Unavailable):
    title = "Nothing could be indexed"


class NothingToRestore(NotFound):
    def __init__(self, picture_id: int) -> None:
        super().__init__(
            f"No deleted picture {picture_id} can be brought back: its time to undo is over, or it never was."
        )


class DeletionWaits(Unavailable):
    title = "Not deleted yet"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason} The deletion is noted, and carried out as soon as that works again.")


class ForeignForm(Forbidden):
    def __init__(self) -> None:
        super().__init__("Another site's page sent this form. Send it from the page of this service.")


class DatabaseAway(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The catalogue's database can't be used now: {reason}.")


class DatabaseUnfit(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(f"The catalogue's database can't be used: {reason}.")


class NoSuchLink(NotFound):
    def __init__(self, url: str) -> None:
        super().__init__(
            f"No picture in the catalogue came from {url[:300]}. "
            "Bring it in first, or send the picture itself."
        )


class NoSuchModel(NotFound):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"There is no model {name[:100]!r}; known: {', '.join(known)}.")


class NotSearchable(Conflict):
    title = "Not indexed for this encoder"

    def __init__(self, picture_id: int, fingerprint: str) -> None:
        super().__init__(
            f"The picture {picture_id} is in the catalogue, but not yet indexed for the encoder "
            f"{fingerprint}: wait until it is, or send the picture itself."
        )


class EncoderChanged(Unavailable):
    def __init__(self) -> None:
        super().__init__(
            "The embedding service changed its encoder during this search. Send it again.",
            headers={"Retry-After": "1"},
        )


class InvalidRequest(Unprocessable):
    pass


class CancelledOut(Unprocessable):
    title = "Nothing left to search for"

    def __init__(self) -> None:
        super().__init__(
            "The parts of the question cancel each other out: what is added is taken away again. "
            "Change a weight, or leave a part out."
        )


class UnusableUploads(Unprocessable):
    title = "Unreadable picture"

    def __init__(self, combine: str, errors: Sequence[dict[str, Any]]) -> None:
        first = errors[0]
        super().__init__(
            f"`combine={combine}` needs every picture, and {first['filename']} can't be searched with: "
            f"{first['detail']}",
            errors=errors,
        )


class UnusableVectors(Unprocessable):
    title = "Unusable vectors"


class NothingReadable(Unprocessable):
    title = "No readable picture"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        name, why = errors[0]["filename"], errors[0]["detail"]
        one = f"The picture can't be searched with: {name}: {why}"
        several = f"None of the pictures is usable: {name}: {why}"
        super().__init__(one if len(errors) == 1 else several, errors=errors)


class ServiceDown(Unavailable):
    pass


class ServiceBroken(Problem):
    status = 502


class DiskFull(Problem):
    status = 507

    def __init__(self, folder: Path) -> None:
        super().__init__(f"There is no room left on the disk that holds {folder}: free some and try again.")


class ServiceRefused(Problem):
    """Carries the status, title, detail and errors of the other service's problem."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[dict[str, Any]] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status, self.title = status, title
        super().__init__(detail, errors=errors, headers=headers)


class CannotIndex(BadRequest):
    title = "Can't index"
