"""First half of the read path: every part of a question as a vector of one encoder."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.clients.embedding import Embedded, EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.errors import (
    EncoderChanged,
    NoSuchLink,
    NoSuchPicture,
    NothingReadable,
    NotSearchable,
    UnreadablePicture,
)
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.pixels import crop
from aggregate_service.search.linked import picture_by_link
from aggregate_service.search.question import ById, ByUrl, Question, Upload, Words
from service_kit.messages.message import message
from service_kit.problems import Problem, problem_body

Vector = NDArray[np.float32]
Source = int | ById | ByUrl
"""What a picture to be embedded is: an upload, by its place, or one of the catalogue, of which a region."""
_NONE = Embedded(np.empty((0, 0), np.float32))


@dataclass(frozen=True)
class QuestionVectors:
    """Unit vectors: of each part, and of the uploads by place, but for those in `problems`."""

    model: str
    fingerprint: str
    parts: list[Vector]
    uploads: dict[int, Vector]
    problems: dict[int, dict[str, Any]]
    truncated: bool = False
    """Of the words only the beginning was read."""
    own: frozenset[int] = frozenset()
    """Ids of the pictures of the catalogue that are part of the question."""


class Vectorizer:
    def __init__(
        self,
        embedding: EmbeddingClient,
        search: SearchClient,
        catalog: Catalog,
        store: ImageStore,
        max_file_bytes: int,
    ) -> None:
        self._embedding, self._search = embedding, search
        self._catalog, self._store, self._max_file_bytes = catalog, store, max_file_bytes

    async def vectors(self, question: Question) -> QuestionVectors:
        """`NothingReadable` when no upload can be used; a 404 for what isn't in the catalogue."""
        known = await run_in_threadpool(self._known, question)
        problems: dict[int, dict[str, Any]] = {}
        prepare = partial(self._files, question, known, problems)
        files = await (self._store.decode(prepare) if question.box else run_in_threadpool(prepare))
        _require_readable(question.uploads, problems)
        images, texts = await asyncio.gather(self._images(question, files), self._texts(question))
        _note_errors(images, list(files), problems)
        _require_readable(question.uploads, problems)
        model, fingerprint = await self._encoder(question.model, images, texts)
        embedded = dict(zip(files, images.vectors, strict=True))
        stored = await self._stored(fingerprint, [known[part] for part in known if part not in embedded])
        words = iter(texts.vectors)
        parts = [
            next(words)
            if isinstance(part, Words)
            else embedded[part]
            if part in embedded
            else stored[known[part].id]
            for part in question.parts
        ]
        uploads = {place: embedded[place] for place in range(len(question.uploads)) if place not in problems}
        own = frozenset(picture.id for picture in known.values())
        return QuestionVectors(model, fingerprint, parts, uploads, problems, bool(texts.truncated), own)

    def _known(self, question: Question) -> dict[ById | ByUrl, Picture]:
        """The catalogue's rows of the parts that are its pictures."""
        rows: dict[ById | ByUrl, Picture] = {}
        for part in question.parts:
            if isinstance(part, ById | ByUrl):
                rows[part] = self._row(part)
        return rows

    def _row(self, part: ById | ByUrl) -> Picture:
        match part:
            case ById(id_):
                if (found := self._catalog.picture(id_)) is None:
                    raise NoSuchPicture(id_)
            case ByUrl(url):
                if (found := picture_by_link(self._catalog, url)) is None:
                    raise NoSuchLink(url)
        return found

    def _files(
        self, question: Question, known: dict[ById | ByUrl, Picture], problems: dict[int, dict[str, Any]]
    ) -> dict[Source, tuple[str, bytes]]:
        """What is to be embedded, as filename and bytes. Whatever is too large is left out, and noted."""
        files: dict[Source, tuple[str, bytes]] = {}
        for place, upload in enumerate(question.uploads):
            if upload.data is None:
                limit = f"{self._max_file_bytes / 1e6:g} MB"
                detail = message("file-larger-than-a-picture", limit=limit)
                problems[place] = problem_body(413, detail)
            else:
                files[place] = (upload.filename, upload.data)
        if question.box and 0 in files:
            name, data = files.pop(0)
            try:
                files[0] = (name, crop(data, question.box.edges, self._store.limits))
            except UnreadablePicture as problem:
                problems[0] = problem_body(problem.status, problem.detail)
        elif question.box and not question.uploads:
            ((part, picture),) = known.items()
            with self._store.open_picture(picture) as file:
                files[part] = (picture.path, crop(file.read(), question.box.edges, self._store.limits))
        return files

    async def _images(self, question: Question, files: dict[Source, tuple[str, bytes]]) -> Embedded:
        if not files:
            return _NONE
        return await self._embedding.embed_images(list(files.values()), question.model)

    async def _texts(self, question: Question) -> Embedded:
        texts = [part.text for part in question.parts if isinstance(part, Words)]
        return await self._embedding.embed_texts(texts, question.model) if texts else _NONE

    async def _encoder(self, wanted: str | None, images: Embedded, texts: Embedded) -> tuple[str, str]:
        """Model and fingerprint of what was embedded; where nothing was, of the encoder that is asked for."""
        named = [(each.model, each.fingerprint) for each in (images, texts) if each.fingerprint]
        if len(set(named)) > 1:
            raise EncoderChanged
        if named:
            return named[0]
        try:
            return await self._embedding.named(wanted)
        except Problem as problem:
            found = await self._indexed_with(wanted) if problem.status >= 500 else None
            if found is None:
                raise
            return found

    async def _indexed_with(self, wanted: str | None) -> tuple[str, str] | None:
        """The encoder whose vectors are stored: they can be searched with while nothing can be embedded."""
        if wanted is None:
            found = await self._search.default_collection()
        else:
            collections = (await self._search.collections()).values()
            found = next((each for each in collections if each.model == wanted), None)
        return None if found is None else (found.model, found.encoder)

    async def _stored(self, fingerprint: str, pictures: Sequence[Picture]) -> dict[int, Vector]:
        if not pictures:
            return {}
        stored = await self._search.vectors(fingerprint, [picture.id for picture in pictures])
        for picture in pictures:
            if picture.id not in stored:
                raise NotSearchable(picture.id, fingerprint)
        return stored


def _note_errors(images: Embedded, sources: list[Source], problems: dict[int, dict[str, Any]]) -> None:
    for row, error in images.errors.items():
        source = sources[row]
        if not isinstance(source, int):
            raise UnreadablePicture(message("region-unusable", why=error.detail))
        problems[source] = problem_body(error.status, error.detail, error.title)


def _require_readable(uploads: Sequence[Upload], problems: dict[int, dict[str, Any]]) -> None:
    if uploads and len(problems) == len(uploads):
        raise NothingReadable(
            [{"filename": upload.filename} | problems[place] for place, upload in enumerate(uploads)]
        )
