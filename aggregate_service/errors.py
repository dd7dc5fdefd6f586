"""Every error of the aggregate service; the status lives on the class.

Problem
├── NoSuchPicture        404  unknown id
├── PictureIsMissing     404  its file is gone, or out of reach
├── NoSuchJob            404  unknown id
├── NoSuchTask           404  unknown id, or its result isn't kept any more
├── JobEnded             409  too late to cancel it
├── NotIndexed           409  no vectors of the current encoder
├── UnreadablePicture    4xx  a file that can't be read as a picture: `picture_files.errors`
├── ForeignCollection    409  the vectors belong to another catalogue, or to none
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
├── NoSuchCollection     404  no vectors of this catalogue are there
├── NoSuchFolder         404  unknown id
├── UnusableFolder       422  not a folder that this process can read
├── FolderNotAllowed     403  only this machine's clients may name it
├── AdoptionNotAllowed   403  a client of another machine
├── FolderFromSettings   409  the next start would bring it back
├── NothingToRestore     404  never deleted, or too long ago
├── DeletionWaits        503  noted, and carried out when the search service answers
├── DatabaseAway         503  the catalogue's database can't be reached, or is full
├── CatalogueInUse       503  another process owns it
├── DatabaseUnfit        503  it isn't one that we can use
├── CannotRestore        503  what RESTORE_FROM names can't be restored here
├── ServiceDown          503  another service can't be reached or doesn't answer
├── ServiceBusy          429  another service answers, and not this in time
├── ServiceBroken        502  another service answered what it never should
├── DiskFull             507  no room where pictures are kept
├── StorageAway          503  the bucket of UPLOAD_DIR can't be used now
├── StorageNotInstalled  503  UPLOAD_DIR is a bucket, and the package for it isn't here
├── ServiceRefused       any  another service's own problem, passed on as it is
└── CannotIndex          400  the folder can't be indexed at all
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from picture_files.errors import UnreadablePicture as UnreadablePicture
from service_kit.messages.message import message
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
        super().__init__(message("no-such-picture", id=picture_id))


class PictureIsMissing(NotFound):
    """Known, and without a file for now."""

    def __init__(self, picture_id: int) -> None:
        super().__init__(message("picture-is-missing", id=picture_id))


class NoSuchJob(NotFound):
    def __init__(self, job_id: str) -> None:
        super().__init__(message("no-such-job", id=job_id))


class NoSuchTask(NotFound):
    def __init__(self, task_id: str) -> None:
        super().__init__(message("no-such-task", id=task_id))


class JobEnded(Conflict):
    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(message("job-ended", id=job_id, state=state))


class NotIndexed(Conflict):
    title = "Not indexed for this encoder"

    def __init__(self, fingerprint: str) -> None:
        super().__init__(message("not-indexed", encoder=fingerprint))


class ForeignCollection(Conflict):
    title = "Another catalogue's collection"

    def __init__(self, collection: str, owner: str | None) -> None:
        self.owner = owner
        super().__init__(
            message("nobodys-collection", collection=collection)
            if owner is None
            else message("foreign-collection", collection=collection, owner=owner)
        )


class NoSuchCollection(NotFound):
    def __init__(self, name: str) -> None:
        super().__init__(message("no-such-collection", name=repr(name[:200])))


class NoSuchFolder(NotFound):
    def __init__(self, folder_id: int) -> None:
        super().__init__(message("no-folder-with-id", id=folder_id))


class UnusableFolder(Unprocessable):
    title = "Unusable folder"

    def __init__(self, folder: Path | str, why: str) -> None:
        super().__init__(message("unusable-folder", folder=str(folder)[:1000], why=why))


class FolderNotAllowed(Forbidden):
    def __init__(self, folder: Path) -> None:
        super().__init__(message("folder-not-allowed", folder=str(folder)))


class AdoptionNotAllowed(Forbidden):
    def __init__(self) -> None:
        super().__init__(message("adoption-not-allowed"))


class FolderFromSettings(Conflict):
    def __init__(self, folder: Path) -> None:
        super().__init__(message("folder-from-settings", folder=str(folder)))


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
        super().__init__(message("nothing-to-restore", id=picture_id))


class NothingMissing(NotFound):
    def __init__(self) -> None:
        super().__init__(message("nothing-missing"))


class DeletionWaits(Unavailable):
    title = "Not deleted yet"

    def __init__(self, reason: str) -> None:
        super().__init__(message("deletion-waits", reason=reason))


class DatabaseAway(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(message("database-away", reason=reason))


class CatalogueInUse(Unavailable):
    def __init__(self, catalogue: Path, owner: str) -> None:
        super().__init__(message("catalogue-in-use", catalogue=str(catalogue), owner=owner))


class DatabaseUnfit(Unavailable):
    def __init__(self, reason: str) -> None:
        super().__init__(message("database-unfit", reason=reason))


class CannotRestore(Unavailable):
    title = "Not restored"


class NoSuchLink(NotFound):
    def __init__(self, url: str) -> None:
        super().__init__(message("no-such-link", url=url[:300]))


class NoSuchModel(NotFound):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(message("no-such-model", model=repr(name[:100]), known=", ".join(known)))


class NotSearchable(Conflict):
    title = "Not indexed for this encoder"

    def __init__(self, picture_id: int, fingerprint: str) -> None:
        super().__init__(message("picture-not-indexed", id=picture_id, encoder=fingerprint))


class EncoderChanged(Unavailable):
    def __init__(self) -> None:
        super().__init__(
            message("encoder-changed"),
            headers={"Retry-After": "1"},
        )


class InvalidRequest(Unprocessable):
    pass


class CancelledOut(Unprocessable):
    title = "Nothing left to search for"

    def __init__(self) -> None:
        super().__init__(message("parts-cancel-out"))


class UnusableUploads(Unprocessable):
    title = "Unreadable picture"

    def __init__(self, combine: str, errors: Sequence[dict[str, Any]]) -> None:
        first = errors[0]
        super().__init__(
            message(
                "combination-needs-every-picture",
                combine=combine,
                filename=first["filename"],
                detail=first["detail"],
            ),
            errors=errors,
        )


class UnusableVectors(Unprocessable):
    title = "Unusable vectors"


class NothingReadable(Unprocessable):
    title = "No readable picture"

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        name, why = errors[0]["filename"], errors[0]["detail"]
        one = message("upload-unusable", filename=name, detail=why)
        several = message("uploads-unusable", filename=name, detail=why)
        super().__init__(one if len(errors) == 1 else several, errors=errors)


class ServiceDown(Unavailable):
    pass


class ServiceBroken(Problem):
    status = 502


class DiskFull(Problem):
    status = 507

    def __init__(self, folder: Path) -> None:
        super().__init__(message("disk-full", folder=str(folder)))


class ServiceBusy(Problem):
    """It answers others just now: overload, for which waiting helps."""

    status = 429

    def __init__(self, service: str) -> None:
        super().__init__(message("service-busy", service=service), headers={"Retry-After": "1"})


class StorageAway(Unavailable):
    def __init__(self, detail: str) -> None:
        super().__init__(detail, headers={"Retry-After": "5"})


class StorageNotInstalled(Unavailable):
    def __init__(self, bucket: str) -> None:
        super().__init__(message("storage-not-installed", bucket=bucket))


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
