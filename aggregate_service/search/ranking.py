"""Second half of the read path: the search service's neighbours, made into one ranked list for each query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.clients.search import Found, SearchClient
from aggregate_service.errors import NotIndexed
from aggregate_service.jobs.first_index import Indexing
from aggregate_service.search.calibration import calibration_of
from aggregate_service.search.queries import Query
from aggregate_service.search.question import Question
from aggregate_service.search.relevance import is_close, relevances
from aggregate_service.search.vectors import Vector

MOST_ALLOWED = 100_000  # ids that the search service takes with a search
_DEEPEST = 1_000
_NEAREST = 20
Dates = Callable[[Sequence[int]], Mapping[int, int]]


@dataclass(frozen=True)
class Ranked:
    """Ids, best first, each with its score and relevance; and how many near-duplicates are folded into it."""

    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    relevances: tuple[float, ...] = ()
    duplicates: tuple[int, ...] | None = None
    nothing_close: bool = True
    close: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.ids)

    def pick(self, places: Sequence[int]) -> "Ranked":
        return replace(
            self,
            ids=tuple(self.ids[place] for place in places),
            scores=tuple(self.scores[place] for place in places),
            relevances=tuple(self.relevances[place] for place in places),
        )


@dataclass(frozen=True)
class Searched:
    """Where is searched: among `count` pictures, those of `allowed` (None: all) with vectors of this encoder.

    `own` are the pictures that are part of the question: that they are near it says nothing.
    """

    fingerprint: str
    count: int
    allowed: Sequence[int] | None = None
    own: frozenset[int] = frozenset()
    notes: Sequence[str] = ()
    """What to say of filters that mean nothing."""
    indexing: Indexing | None = None
    """How far the first index is, while it goes on."""
    hidden: Sequence[int] = ()
    """Without a filter: pictures with a vector that aren't to be found."""


class Ranker:
    def __init__(self, search: SearchClient, most: int = _DEEPEST, taken: Dates = lambda _ids: {}) -> None:
        """`most`: how long the one list is that all pages of a question are cut from.

        `taken` tells when pictures were, as numbers that rise with time.
        """
        self._search, self._most, self._taken = search, most, taken

    async def ranked(self, queries: Sequence[Query], question: Question, searched: Searched) -> list[Ranked]:
        """For each query, the hits that the question asks for."""
        if searched.allowed is not None and not searched.allowed:
            return [Ranked() for _ in queries]
        try:
            found = await self._nearest(queries, searched)
        except NotIndexed:
            if searched.indexing is None:
                raise
            return [Ranked() for _ in queries]  # the first vector is still to come
        lists, start = [], 0
        for query in queries:
            part = found.part(start, start + len(query.vectors))
            start += len(query.vectors)
            lists.append(await self._limited(await self._joined(query, part, searched), question, searched))
        return lists

    async def _nearest(self, queries: Sequence[Query], searched: Searched) -> Found:
        """As deep whatever page is asked for: an approximate index that is asked for more finds others too.

        Filtered here where the search service wouldn't take so many ids.
        """
        rows = np.concatenate([query.vectors for query in queries])
        allowed, encoder = searched.allowed, searched.fingerprint
        if allowed is not None and len(allowed) > MOST_ALLOWED:
            return (await self._search.search(rows, self._most, encoder, moments=True)).only(set(allowed))
        if len(searched.hidden) > MOST_ALLOWED:
            found = await self._search.search(rows, self._most, encoder, moments=True)
            return found.without(set(searched.hidden))
        return await self._search.search(
            rows, self._most, encoder, allow=allowed, deny=searched.hidden, moments=True
        )

    async def _joined(self, query: Query, found: Found, searched: Searched) -> Ranked:
        """One list of each query's one, or several: by the best score of all, or by the smallest."""
        tables: list[Mapping[int, float]] = [
            dict(zip(ids, scores, strict=True))
            for ids, scores in zip(found.indexes, found.scores, strict=True)
        ]
        if query.every:
            tables = await self._scores_of_all(query, tables, searched.fingerprint)
        best: dict[int, tuple[float, float, bool]] = {}
        pick = min if query.every else max
        calibration = calibration_of(searched.fingerprint)
        for row, (table, kind) in enumerate(zip(tables, query.kinds, strict=True)):
            curve, scores = calibration.curve(kind), list(table.values())
            likely = relevances(scores, found.spread_of(row), searched.count, curve)
            for id_, score, relevance in zip(table, scores, likely, strict=True):
                near = is_close(score, relevance, searched.count, curve)
                before = best.get(id_, (score, relevance, near))
                best[id_] = (pick(before[0], score), pick(before[1], relevance), pick(before[2], near))
        order = sorted(best, key=lambda id_: (-best[id_][0], id_))
        close = frozenset(id_ for id_ in order if best[id_][2])
        return Ranked(
            tuple(order),
            tuple(best[id_][0] for id_ in order),
            tuple(best[id_][1] for id_ in order),
            nothing_close=not close - searched.own,
            close=close,
        )

    async def _scores_of_all(
        self, query: Query, tables: Sequence[Mapping[int, float]], fingerprint: str
    ) -> list[Mapping[int, float]]:
        """Every candidate's score with every vector of the query, from the stored vectors."""
        candidates = sorted(set().union(*tables))
        stored = await self._search.vectors(fingerprint, candidates)
        ids = list(stored)
        scores = query.vectors @ np.stack(list(stored.values())).T if ids else np.empty((len(tables), 0))
        return [dict(zip(ids, np.clip(row, -1, 1).tolist(), strict=True)) for row in scores]

    async def _limited(self, ranked: Ranked, question: Question, searched: Searched) -> Ranked:
        """Without what scores too little, near-duplicates folded, and only the part that was asked for."""
        if question.min_score is not None:
            least = question.min_score
            ranked = ranked.pick([place for place, score in enumerate(ranked.scores) if score >= least])
        if question.collapse and ranked.ids:
            stored = await self._search.vectors(searched.fingerprint, ranked.ids)
            same = calibration_of(searched.fingerprint).same
            ranked = await run_in_threadpool(collapsed, ranked, stored, same)
        if question.sort == "taken":
            ranked = await self._by_date(ranked)
        return _only(ranked, question)

    async def _by_date(self, ranked: Ranked) -> Ranked:
        """Newest first of what is relevant; where nothing stands out, of the nearest few."""
        relevant = [place for place, id_ in enumerate(ranked.ids) if id_ in ranked.close]
        places = relevant or list(range(min(len(ranked), _NEAREST)))
        taken = await run_in_threadpool(self._taken, [ranked.ids[place] for place in places])
        places.sort(key=lambda place: (-taken.get(ranked.ids[place], 0), place))
        counts = ranked.duplicates
        picked = ranked.pick(places)
        return (
            picked if counts is None else replace(picked, duplicates=tuple(counts[place] for place in places))
        )


def collapsed(ranked: Ranked, stored: Mapping[int, Vector], same: float) -> Ranked:
    """Each hit that is as near as `same` to a better one is counted there, and left out."""
    near = _nearness([stored.get(id_) for id_ in ranked.ids])
    folded: dict[int, int] = {}  # by the place of each hit that stays
    for place in range(len(ranked)):
        kept = list(folded)
        nearest = kept[int(near[place, kept].argmax())] if kept else None
        if nearest is not None and near[place, nearest] >= same:
            folded[nearest] += 1
        else:
            folded[place] = 0
    return replace(ranked.pick(list(folded)), duplicates=tuple(folded.values()))


def _nearness(vectors: Sequence[Vector | None]) -> NDArray[np.float32]:
    """Cosines (n, n); 0 for what has no vector any more."""
    length = next((len(vector) for vector in vectors if vector is not None), 1)
    rows = np.stack([np.zeros(length, np.float32) if vector is None else vector for vector in vectors])
    near: NDArray[np.float32] = rows @ rows.T
    return near


def _only(ranked: Ranked, question: Question) -> Ranked:
    """The page that was asked for."""
    places = range(question.offset, min(len(ranked), question.offset + question.k))
    counts = ranked.duplicates
    page = ranked.pick(places)
    return page if counts is None else replace(page, duplicates=tuple(counts[place] for place in places))
