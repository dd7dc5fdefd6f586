"""The read path: pictures or words → vectors → ids and scores → pictures of the catalogue."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalog import Catalog
from aggregate_service.clients.embedding import Embedded, EmbeddingClient
from aggregate_service.clients.search import Found, SearchClient
from aggregate_service.errors import NothingReadable
from aggregate_service.schemas import (
    SearchAnswer,
    SimilarPicture,
    UploadResult,
    WordsAnswer,
    WordsResult,
    similar_picture,
)
from service_kit.metrics import Metrics
from service_kit.problems import problem_body

log = logging.getLogger("aggregate.search")


@dataclass(frozen=True)
class Upload:
    """A picture to search with; `data` is None when it is larger than a picture may be."""

    filename: str
    data: bytes | None


class Searcher:
    def __init__(
        self,
        embedding: EmbeddingClient,
        search: SearchClient,
        catalog: Catalog,
        metrics: Metrics,
        max_file_bytes: int,
    ) -> None:
        self._embedding, self._search, self._catalog = embedding, search, catalog
        self._metrics, self._max_file_bytes = metrics, max_file_bytes

    async def by_pictures(self, uploads: Sequence[Upload], k: int, model: str | None = None) -> SearchAnswer:
        """The k nearest pictures of each upload, in the order of upload; or `NothingReadable`."""
        results = [UploadResult(filename=upload.filename) for upload in uploads]
        sent = self._set_aside_too_large(uploads, results)
        if not sent:
            raise _nothing_readable(results)
        with self._metrics.step("embed"):
            embedded = await self._embedding.embed_images([(name, data) for _, name, data in sent], model)
        good = []
        for row, (place, _, _) in enumerate(sent):
            if (error := embedded.errors.get(row)) is None:
                good.append((place, row))
            else:
                results[place].problem = problem_body(error.status, error.detail, error.title)
        if not good:
            raise _nothing_readable(results)
        lists = await self._nearest(embedded, embedded.vectors[[row for _, row in good]], k)
        for (place, _), similar in zip(good, lists, strict=True):
            results[place].similar = similar
        notice = await self._embedding.notice_of(embedded.fingerprint)
        return SearchAnswer(
            model=embedded.model, fingerprint=embedded.fingerprint, notice=notice, results=results
        )

    async def by_words(self, text: str, k: int, model: str | None = None) -> WordsAnswer:
        """The k pictures that fit the words best, as the one result."""
        with self._metrics.step("embed"):
            embedded = await self._embedding.embed_texts([text], model)
        (similar,) = await self._nearest(embedded, embedded.vectors, k)
        notice = await self._embedding.notice_of(embedded.fingerprint)
        return WordsAnswer(
            model=embedded.model,
            fingerprint=embedded.fingerprint,
            notice=notice,
            results=[WordsResult(text=text, similar=similar)],
        )

    def _set_aside_too_large(
        self, uploads: Sequence[Upload], results: Sequence[UploadResult]
    ) -> list[tuple[int, str, bytes]]:
        """What goes to the embedding service: place in the upload, filename, bytes."""
        sent = []
        for place, upload in enumerate(uploads):
            if upload.data is None:
                limit = f"{self._max_file_bytes / 1e6:g} MB"
                detail = f"The file is larger than {limit}, the most that a picture may have."
                results[place].problem = problem_body(413, detail)
            else:
                sent.append((place, upload.filename, upload.data))
        return sent

    async def _nearest(
        self, embedded: Embedded, vectors: NDArray[np.float32], k: int
    ) -> list[list[SimilarPicture]]:
        with self._metrics.step("search"):
            found = await self._search.search(vectors, k, embedded.fingerprint)
        with self._metrics.step("catalogue"):
            return await run_in_threadpool(self._pictures, found)

    def _pictures(self, found: Found) -> list[list[SimilarPicture]]:
        wanted = {id_ for ids in found.indexes for id_ in ids}
        pictures = self._catalog.pictures(wanted)
        if missing := sorted(wanted - pictures.keys()):
            log.warning(
                "%d ids found aren't in the catalogue and are left out: %s", len(missing), missing[:5]
            )
        return [
            [
                similar_picture(pictures[i], score)
                for i, score in zip(ids, scores, strict=True)
                if i in pictures
            ]
            for ids, scores in zip(found.indexes, found.scores, strict=True)
        ]


def _nothing_readable(results: Sequence[UploadResult]) -> NothingReadable:
    return NothingReadable([{"filename": result.filename} | (result.problem or {}) for result in results])
