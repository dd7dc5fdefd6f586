"""From an uploaded form to a job: pictures, a list of links, or vectors with their list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from uuid import uuid4

from aggregate_service.errors import InvalidRequest, UnreadablePicture
from aggregate_service.files.content_store import Aside
from aggregate_service.jobs.jobs import LINKS, UPLOAD, VECTORS, Job, Jobs, NewItem
from aggregate_service.jobs.sources.stored import StoredPictures
from aggregate_service.jobs.sources.vector_lists import VectorFile, check_vectors, read_places
from aggregate_service.links.table import LONGEST_LABEL
from aggregate_service.web.streamed_form import ReceivedFile, StreamedForm
from service_kit.messages.message import message

_LINKS = (".csv", ".txt")
_PLACES = (".csv", ".txt", ".json")
_MOST_LABELS = 50


@dataclass(frozen=True)
class VectorsUpload:
    """An `.npy` and its list."""

    vectors: ReceivedFile
    places: ReceivedFile


class Uploads:
    """Called in a thread: it reads and moves files."""

    def __init__(self, jobs: Jobs, stored: StoredPictures, max_file_bytes: int) -> None:
        self._jobs, self._stored, self._max_file_bytes = jobs, stored, max_file_bytes
        self._contents = stored.contents

    def pictures_or_links(self, form: StreamedForm) -> Job:
        """A job of kind upload or links; whatever is wrong with one of the pictures is its item's error."""
        labels = read_labels(form.value("labels"))
        if any(file.suffix in _LINKS for file in form.files):
            if len(form.files) > 1:
                raise InvalidRequest(message("links-not-alone"))
            return self._links(form.files[0], labels)
        items = [self._item(file) for file in form.files]
        if not items:
            raise InvalidRequest(message("nothing-sent"))
        return self._jobs.create(UPLOAD, {"labels": labels}, items)

    def vectors(self, upload: VectorsUpload, labels: Sequence[str], dimension: int) -> Job:
        """A job of kind vectors; `UnusableVectors` when they don't fit their list or the encoder."""
        vectors, places = _content(upload.vectors), _content(upload.places)
        found = VectorFile(vectors.path, upload.vectors.filename)
        listed = read_places(places.path, upload.places.filename)
        check_vectors(found, listed, upload.places.filename, dimension)
        token = uuid4().hex
        params = {
            "name": upload.places.filename,
            "labels": list(labels),
            "vectors": self._contents.keep_list(vectors.path, f"{token}.npy").name,
            "list": self._contents.keep_list(places.path, f"{token}{upload.places.suffix}").name,
        }
        return self._jobs.create(VECTORS, params, feeding=True)

    def _links(self, file: ReceivedFile, labels: Sequence[str]) -> Job:
        kept = self._contents.keep_list(_content(file).path, f"{uuid4().hex}{file.suffix}")
        params = {"name": file.filename, "labels": list(labels), "list": kept.name}
        return self._jobs.create(LINKS, params, feeding=True)

    def _item(self, file: ReceivedFile) -> NewItem:
        """The picture at its place in the store, or why it can't be one."""
        payload = {"name": file.filename}
        if file.content is None:
            limit = f"{self._max_file_bytes / 1e6:g} MB"
            return NewItem(payload, 413, message("file-larger-than-a-picture", limit=limit))
        if not file.named_well:
            return NewItem(payload, 422, message("name-not-utf-8"))
        if file.content.size == 0:
            return NewItem(payload, 422, message("file-empty"))
        try:
            with file.content.path.open("rb") as opened:
                suffix = self._stored.suffix(opened)
        except UnreadablePicture as problem:
            return NewItem(payload, problem.status, problem.detail)
        sha256 = file.content.sha256
        place = self._contents.keep(file.content.path, sha256, suffix)
        title = PurePath(file.filename.replace("\\", "/")).name
        return NewItem(payload | {"place": place, "sha256": sha256, "title": title})


def vectors_in(form: StreamedForm) -> VectorsUpload | None:
    """The two files of a vectors upload, when there is an `.npy` among the files."""
    arrays = [file for file in form.files if file.suffix == ".npy"]
    if not arrays:
        return None
    others = [file for file in form.files if file.suffix != ".npy"]
    if len(arrays) > 1 or len(others) != 1 or others[0].suffix not in _PLACES:
        raise InvalidRequest(message("vectors-need-one-list"))
    return VectorsUpload(arrays[0], others[0])


def read_labels(text: str) -> list[str]:
    """Comma-separated labels, each once, in their order."""
    labels = list(dict.fromkeys(label for part in text.split(",") if (label := part.strip())))
    if len(labels) > _MOST_LABELS or any(len(label) > LONGEST_LABEL for label in labels):
        raise InvalidRequest(message("bad-labels", most=_MOST_LABELS, length=LONGEST_LABEL))
    return labels


def _content(file: ReceivedFile) -> Aside:
    if file.content is None:  # can't be: only pictures are bound in size
        raise InvalidRequest(message("upload-too-large", filename=file.filename))
    return file.content
