"""Mixtures, queries side by side, near-duplicates: the arithmetic of a question against a direct one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from starlette.responses import Response

from aggregate_service.errors import CancelledOut
from aggregate_service.search.calibration import Kind
from aggregate_service.search.queries import Query, mixture
from aggregate_service.search.question import Question
from aggregate_service.search.ranking import Ranked, Ranker, Searched, collapsed
from service_kit.collection_name import collection_name
from tests.aggregate_service.fakes import COLLECTION, FINGERPRINT, FakeSearch
from tests.aggregate_service.patient_clients import PatientSearch

COUNT = 300


def unit(count: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, 4)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


ROWS = unit(COUNT, 0)


@pytest.fixture
def fake() -> FakeSearch:
    stored = {COLLECTION: dict(enumerate(ROWS))}
    return FakeSearch(encoders={COLLECTION: FINGERPRINT}, vectors=stored)


def rank(
    fake: FakeSearch,
    query: Query,
    question: Question,
    allowed: Sequence[int] | None = None,
    most: int = 1_000,
) -> Ranked:
    async def run() -> list[Ranked]:
        client = PatientSearch(fake.app())
        searched = Searched(FINGERPRINT, COUNT if allowed is None else len(allowed), allowed)
        try:
            return await Ranker(client, most).ranked([query], question, searched)
        finally:
            await client.close()

    (ranked,) = asyncio.run(run())
    return ranked


def test_mixture_is_the_weighted_sum_of_unit_length() -> None:
    a, b = unit(2, 5)
    mixed = mixture([a, 3 * b], [1.0, -0.5])
    expected = a - 0.5 * b
    assert mixed.tolist() == pytest.approx((expected / np.linalg.norm(expected)).tolist(), abs=1e-6)
    assert mixture([a], [-2.0]).tolist() == pytest.approx((-a).tolist(), abs=1e-6)
    for weights in ([1.0, -1.0], [10.0, -10.0]):
        with pytest.raises(CancelledOut):
            mixture([a, a], weights)


@pytest.mark.parametrize(("every", "joined"), [(False, np.max), (True, np.min)])
def test_any_is_the_best_score_and_all_the_smallest(fake: FakeSearch, every: bool, joined: object) -> None:
    queries = unit(3, 6)
    ranked = rank(fake, Query(queries, ("picture",) * 3, every), Question(k=20))
    scores = joined(queries @ ROWS.T, axis=0)  # type: ignore[operator]
    assert list(ranked.ids) == np.argsort(-scores)[:20].tolist()
    assert list(ranked.scores) == pytest.approx(np.sort(scores)[::-1][:20].tolist(), abs=1e-6)


def test_pages_follow_each_other(fake: FakeSearch) -> None:
    query = Query(unit(1, 7), ("picture",))
    whole = rank(fake, query, Question(k=30))
    pages = [rank(fake, query, Question(k=10, offset=offset)) for offset in (0, 10, 20)]
    assert [id_ for page in pages for id_ in page.ids] == list(whole.ids)
    assert rank(fake, query, Question(k=10, offset=COUNT)).ids == ()


@dataclass
class WaveringSearch(FakeSearch):
    """Approximate: what it misses, and which of equal ones it takes, depends on how many are asked for."""

    def _found(self, asked: dict[str, Any], queries: np.ndarray) -> Response:
        collection, chance = asked["collection"], np.random.default_rng(int(asked["k"]))
        kept = {id_: row for id_, row in self.vectors[collection].items() if chance.random() > 0.1}
        order = chance.permutation(list(kept))
        narrowed = FakeSearch(self.encoders, {collection: {int(id_): kept[id_] for id_ in order}})
        return FakeSearch._found(narrowed, asked, queries)


@pytest.mark.parametrize("k", [1, 5, 7, 32])
@pytest.mark.parametrize("asked", [{}, {"collapse": True}, {"min_score": 0.2}])
@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("allowed", [None, list(range(0, COUNT, 2))])
def test_every_page_is_cut_from_one_list(
    k: int, asked: dict[str, Any], every: bool, allowed: Sequence[int] | None
) -> None:
    """Ten vectors, thirty times each, and some of them a rounding apart."""
    rows = np.tile(unit(10, 12), (30, 1))
    rows[::7] = np.nextafter(rows[::7], np.float32(2))
    fake = WaveringSearch({COLLECTION: FINGERPRINT}, {COLLECTION: dict(enumerate(rows))})
    query = Query(unit(2, 13), ("picture",) * 2, every)
    whole = rank(fake, query, Question(k=COUNT, **asked), allowed)
    assert list(zip(whole.scores, whole.ids, strict=True)) == sorted(
        zip(whole.scores, whole.ids, strict=True), key=lambda hit: (-hit[0], hit[1])
    )
    offsets = range(0, len(whole) + k, k)
    pages = [rank(fake, query, Question(k=k, offset=offset, **asked), allowed) for offset in offsets]
    assert [id_ for page in pages for id_ in page.ids] == list(whole.ids)
    assert [n for page in pages for n in page.duplicates or ()] == list(whole.duplicates or ())


def test_min_score(fake: FakeSearch) -> None:
    query = Query(unit(1, 8), ("picture",))
    ranked = rank(fake, query, Question(k=COUNT, min_score=0.5))
    assert len(ranked) == int((ROWS @ query.vectors[0] >= 0.5).sum())
    assert min(ranked.scores) >= 0.5


def test_filters(fake: FakeSearch) -> None:
    query = Query(unit(1, 9), ("picture",))
    allowed = list(range(0, COUNT, 3))
    ranked = rank(fake, query, Question(k=COUNT), allowed)
    assert sorted(ranked.ids) == allowed
    fake.calls.clear()
    nothing = rank(fake, query, Question(), [])
    assert (nothing.ids, nothing.nothing_close, fake.calls) == ((), True, [])


def test_more_ids_than_a_search_takes_are_filtered_here(fake: FakeSearch) -> None:
    query = Query(unit(1, 10), ("picture",))
    allowed = [*range(0, COUNT, 2), *range(1_000, 101_000)]
    ranked = rank(fake, query, Question(k=10), allowed)
    assert all(id_ % 2 == 0 for id_ in ranked.ids)
    assert len(ranked) == 10
    assert "allow" not in fake.asked[-1]


def test_near_duplicates_are_folded_into_the_best_of_them(fake: FakeSearch) -> None:
    copies = {COUNT + place: ROWS[0] + 0.001 * row for place, row in enumerate(unit(5, 11))}
    fake.vectors[COLLECTION] |= {id_: row / np.linalg.norm(row) for id_, row in copies.items()}
    query = Query(ROWS[:1], ("picture",))
    ranked = rank(fake, query, Question(k=3, collapse=True))
    assert ranked.duplicates is not None
    assert ranked.ids[0] in {0, *copies}
    assert ranked.duplicates[0] >= 5
    assert len(set(ranked.ids) & {0, *copies}) == 1
    assert len(ranked) == 3
    plain = rank(fake, query, Question(k=3))
    assert set(plain.ids) <= {0, *copies}
    assert plain.duplicates is None


def test_collapsed_without_stored_vectors_folds_nothing() -> None:
    ranked = Ranked((1, 2), (0.9, 0.8), (0.5, 0.4))
    assert collapsed(ranked, {}, 0.97).ids == (1, 2)
    folded = collapsed(ranked, {1: ROWS[0], 2: ROWS[0]}, 0.97)
    assert (folded.ids, folded.duplicates) == ((1,), (1,))


def test_the_questions_own_picture_does_not_make_an_answer_close(fake: FakeSearch) -> None:
    far = np.array([[1, 0, 0, 0]], np.float32)
    fake.vectors[COLLECTION] = {0: far[0]} | dict.fromkeys(range(1, 20), -far[0])

    async def run(own: frozenset[int]) -> bool:
        client = PatientSearch(fake.app())
        searched = Searched(FINGERPRINT, 20, own=own)
        try:
            (ranked,) = await Ranker(client).ranked([Query(far, ("picture",))], Question(), searched)
            return ranked.nothing_close
        finally:
            await client.close()

    assert asyncio.run(run(frozenset())) is False
    assert asyncio.run(run(frozenset([0]))) is True


@pytest.mark.parametrize(
    ("scores", "every", "close"),
    [
        ((0.1,), False, False),  # far above all others, and yet no more than what nothing answers scores
        ((0.4,), False, True),
        ((0.1, 0.4), False, True),
        ((0.1, 0.4), True, False),
    ],
)
def test_where_a_floor_is_known_the_best_cosine_decides_what_is_close(
    scores: Sequence[float], every: bool, close: bool
) -> None:
    mini = "mini@7:4"
    name = collection_name(mini)
    words = np.array([[score, (1 - score**2) ** 0.5, 0, 0] for score in scores], np.float32)
    rows = {0: np.array([1, 0, 0, 0], np.float32)}
    rows |= {place: np.array([0, 0, 1, 0], np.float32) for place in range(1, 20)}
    fake = FakeSearch(encoders={name: mini}, vectors={name: rows})

    async def run() -> bool:
        client = PatientSearch(fake.app())
        try:
            kinds: list[Kind] = ["words"] * len(scores)
            query = Query(words, tuple(kinds), every)
            (ranked,) = await Ranker(client).ranked([query], Question(), Searched(mini, 20))
            return not ranked.nothing_close
        finally:
            await client.close()

    assert asyncio.run(run()) is close


def test_by_date_only_what_is_relevant_is_ordered(fake: FakeSearch) -> None:
    """Relevance decides what belongs to the answer, the date its order; pages are cut from that."""

    def by_date(question: Question) -> list[int]:
        async def run() -> list[Ranked]:
            client = PatientSearch(fake.app())
            ranker = Ranker(client, taken=lambda ids: {id_: id_ * 7 % COUNT for id_ in ids})
            try:
                return await ranker.ranked(
                    [Query(ROWS[:1], ("picture",))], question, Searched(FINGERPRINT, COUNT)
                )
            finally:
                await client.close()

        return list(asyncio.run(run())[0].ids)

    nearest = rank(fake, Query(ROWS[:1], ("picture",)), Question(k=1_000))
    relevant = [id_ for id_ in nearest.ids if id_ in nearest.close]
    meant = relevant or list(nearest.ids[:20])
    expected = sorted(meant, key=lambda id_: -(id_ * 7 % COUNT))
    assert 0 < len(expected) < COUNT
    assert by_date(Question(k=1_000, sort="taken")) == expected
    assert by_date(Question(k=5, offset=5, sort="taken")) == expected[5:10]
