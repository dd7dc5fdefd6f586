"""The read path: a question → vectors → ids and scores → pictures of the catalogue."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.files.image_store import ImageStore
from aggregate_service.improvement.projection import plain_fingerprint
from aggregate_service.jobs.first_index import FirstIndex
from aggregate_service.search.queries import queries_of
from aggregate_service.search.question import Question, Upload
from aggregate_service.search.ranking import Ranked, Ranker, Searched
from aggregate_service.search.vectors import QuestionVectors, Vectorizer
from aggregate_service.search.why import scores, windows
from aggregate_service.web.schemas import (
    SearchAnswer,
    SimilarPicture,
    UploadResult,
    WordsAnswer,
    WordsResult,
    notes_of,
    similar_picture,
)
from service_kit.collection_name import collection_name
from service_kit.messages.message import message
from service_kit.metrics import Metrics

__all__ = ["Searcher", "Upload"]
log = logging.getLogger("aggregate.search")


class Searcher:
    def __init__(
        self,
        embedding: EmbeddingClient,
        search: SearchClient,
        catalog: Catalog,
        store: ImageStore,
        metrics: Metrics,
        first_index: FirstIndex,
        *,
        max_file_bytes: int,
        max_k: int,
    ) -> None:
        self._embedding, self._catalog, self._metrics = embedding, catalog, metrics
        self._store, self._first_index = store, first_index
        self._vectorizer = Vectorizer(embedding, search, catalog, store, max_file_bytes)
        self._ranker = Ranker(search, max_k, catalog.taken)

    async def answer(self, question: Question) -> SearchAnswer | WordsAnswer:
        """A result for each upload where each is asked for by itself; else the one of the whole question."""
        with self._metrics.step("embed"):
            vectors = await self._vectorizer.vectors(question)
        queries = queries_of(question, vectors)
        searched = await run_in_threadpool(self._searched, question, vectors)
        with self._metrics.step("search"):
            found = await self._ranker.ranked(list(queries.values()), question, searched)
        with self._metrics.step("catalogue"):
            pictures = await run_in_threadpool(self._pictures, found)
        results = dict(zip(queries, found, strict=True))
        return await self._worded(question, vectors, results, pictures, searched)

    async def by_pictures(self, uploads: Sequence[Upload], k: int, model: str | None = None) -> SearchAnswer:
        """The k nearest pictures of each upload, in the order of upload; or `NothingReadable`."""
        answer = await self.answer(Question(uploads=tuple(uploads), k=k, model=model))
        return cast(SearchAnswer, answer)  # what uploads that aren't combined get

    async def why(self, question: Question, picture: Picture) -> list[list[float]]:
        """How well each part of a picture fits a question that is one query: rows of 0 to 1."""
        with self._metrics.step("explain"):
            vectors = await self._vectorizer.vectors(question)
            query = queries_of(question, vectors)[None].vectors.mean(axis=0)
            parts = await self._store.decode(partial(self._windows, picture))
            return await scores(self._embedding, parts, query, question.model)

    def _windows(self, picture: Picture) -> list[bytes]:
        with self._store.open_picture(picture) as file:
            return windows(file, self._store.limits)

    def _searched(self, question: Question, vectors: QuestionVectors) -> Searched:
        """What can be found: everything, or what the filters mean."""
        collection = collection_name(vectors.fingerprint)
        indexing = self._first_index.progress(collection_name(plain_fingerprint(vectors.fingerprint)))
        if not question.filter:
            count, hidden = self._catalog.count(), self._catalog.hidden()
            return Searched(vectors.fingerprint, count, None, vectors.own, indexing=indexing, hidden=hidden)
        allowed = self._catalog.matching_ids(question.filter, collection)
        notes = () if allowed else self._catalog.without_pictures(question.filter)
        return Searched(vectors.fingerprint, len(allowed), allowed, vectors.own, notes, indexing)

    def _pictures(self, found: Sequence[Ranked]) -> dict[int, Picture]:
        wanted = {id_ for ranked in found for id_ in ranked.ids}
        pictures = self._catalog.pictures(wanted)
        if missing := sorted(wanted - pictures.keys()):
            log.warning(
                "%d ids found aren't in the catalogue and are left out: %s", len(missing), missing[:5]
            )
        return {id_: picture for id_, picture in pictures.items() if picture.missing_since is None}

    async def _worded(
        self,
        question: Question,
        vectors: QuestionVectors,
        found: dict[int | None, Ranked],
        pictures: dict[int, Picture],
        searched: Searched,
    ) -> SearchAnswer | WordsAnswer:
        notice = await self._embedding.notice_of(vectors.fingerprint)
        said: dict[str, Any] = {
            "model": vectors.model,
            "fingerprint": vectors.fingerprint,
            "notice": notice,
            "indexing": searched.indexing,
            "truncated": vectors.truncated,
            "notes": notes_of([*searched.notes, *([message("words-cut")] if vectors.truncated else [])]),
        }
        if None in found:
            whole = WordsResult(
                text=question.in_words,
                similar=_hits(found[None], pictures),
                nothing_close=found[None].nothing_close,
            )
            return WordsAnswer.model_validate(said | {"results": [whole]})
        results = []
        for place, upload in enumerate(question.uploads):
            result = UploadResult(filename=upload.filename, problem=vectors.problems.get(place))
            if (ranked := found.get(place)) is not None:
                result.similar, result.nothing_close = _hits(ranked, pictures), ranked.nothing_close
            results.append(result)
        return SearchAnswer.model_validate(said | {"results": results})


def _hits(ranked: Ranked, pictures: dict[int, Picture]) -> list[SimilarPicture]:
    counts: Sequence[int | None] = ranked.duplicates or [None] * len(ranked)
    rows = zip(ranked.ids, ranked.scores, ranked.relevances, counts, strict=True)
    return [
        similar_picture(pictures[id_], score, relevance, duplicates)
        for id_, score, relevance, duplicates in rows
        if id_ in pictures
    ]
