"""Where labels are from, as forms say it: the catalogue, a folder of folders, or a list that was sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import File, Form, UploadFile

from aggregate_service.errors import InvalidRequest
from aggregate_service.evaluation.evaluations import Source, catalogue_labels, label_list, subfolders
from aggregate_service.files.content_store import Aside, ContentStore
from aggregate_service.jobs.jobs import Job
from service_kit.messages.message import message

_LONGEST_WORDS = 200
_MOST_K = 100
SentLabels = Annotated[
    UploadFile | None, File(description="A CSV of pictures (path, title, link or id) and their labels.")
]
LabelFolder = Annotated[str, Form(description="A folder whose sub-folders are the labels.")]
LookedAt = Annotated[int, Form(ge=1, le=_MOST_K, description="How many answers people look at.")]
LabelWords = Annotated[str, Form(description="What is asked for a label, which stands at `{}`.")]
LeftOut = Annotated[list[str], Form(description="Labels that are to say nothing.")]


def by_labels(
    contents: ContentStore, sent: UploadFile | None, folder: str, request: Callable[[Source], Job]
) -> Job:
    """By the catalogue's, unless a list or a folder is given. In a thread: a list is written to disk."""
    if sent is None or not sent.filename:
        return request(subfolders(folder.strip()) if folder.strip() else catalogue_labels())
    with _on_disk(contents, sent) as aside:
        return request(label_list(aside.path, sent.filename[:200]))


def checked_words(words: str) -> str:
    words = words.strip() or "{}"
    if "{}" not in words or len(words) > _LONGEST_WORDS:
        raise InvalidRequest(message("evaluation-bad-words", most=_LONGEST_WORDS))
    return words


@contextmanager
def _on_disk(contents: ContentStore, sent: UploadFile) -> Iterator[Aside]:
    """The upload as a file, until it has been read."""
    aside = contents.aside()
    try:
        while piece := sent.file.read(1 << 20):
            aside.write(piece)
        aside.finish()
        yield aside
    finally:
        aside.discard()
