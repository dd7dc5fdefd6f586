"""What every index must do, whichever engine is behind it: one suite, every implementation."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from search_service.engines.arrays import Vectors
from search_service.engines.base import Hits, IdFilter, VectorIndex
from tests.search_service.samples import DIMENSION, ids, vectors


def test_empty(index: VectorIndex) -> None:
    assert index.stats().count == 0
    assert [hits.ids.tolist() for hits in index.search(vectors(2), 5)] == [[], []]
    assert index.ids().tolist() == []
    assert index.remove(ids(1, 2)) == 0
    there, rows = index.get(ids(1))
    assert (len(there), rows.shape) == (0, (0, DIMENSION))


def test_finds_itself_first_with_score_one(index: VectorIndex) -> None:
    rows = vectors(50)
    index.upsert(np.arange(50), rows)
    for position, hits in enumerate(index.search(rows, 5)):
        assert hits.ids[0] == position
        assert hits.scores[0] == pytest.approx(1, abs=1e-6)
        assert hits.scores[0] <= 1
        assert np.all(np.diff(hits.scores) <= 0)


def test_recall_against_brute_force(index: VectorIndex) -> None:
    rows, queries = vectors(500), vectors(20, seed=1)
    index.upsert(np.arange(500) * 7, rows)
    exact = np.argsort(-queries @ rows.T, axis=1)[:, :10] * 7
    assert [hits.ids.tolist() for hits in index.search(queries, 10)] == exact.tolist()


def test_only_allowed_ids_are_found_and_denied_ones_never(index: VectorIndex) -> None:
    rows, query = vectors(300), vectors(1, seed=2)
    index.upsert(np.arange(300), rows)
    ranking = np.argsort(-rows @ query[0])
    allow, deny = np.sort(ranking[50:80]), np.sort(ranking[:60])
    for only, expected in (
        (IdFilter(allow=allow), ranking[50:60]),
        (IdFilter(deny=deny), ranking[60:70]),
        (IdFilter(allow=allow, deny=deny), ranking[60:70]),
        (IdFilter(allow=ids(500)), []),
        (IdFilter(allow=ids()), []),
        (IdFilter(deny=ids()), ranking[:10]),
    ):
        (hits,) = index.search(query, 10, only)
        assert hits.ids.tolist() == list(expected)
    (rest,) = index.search(query, 300, IdFilter(deny=deny))
    assert sorted(rest.ids.tolist()) == sorted(ranking[60:])


def test_more_than_stored_gives_shorter_lists_and_never_a_filler(index: VectorIndex) -> None:
    index.upsert(ids(4, 9, 2), vectors(3))
    (hits,) = index.search(vectors(1, seed=5), 1000)
    assert sorted(hits.ids.tolist()) == [2, 4, 9]


def test_upsert_replaces(index: VectorIndex) -> None:
    old, new = vectors(3), vectors(3, seed=1)
    index.upsert(ids(1, 2, 3), old)
    index.upsert(ids(2, 4), new[:2])
    assert index.stats().count == 4
    assert index.search(new[:1], 1)[0].ids.tolist() == [2]
    there, rows = index.get(ids(4, 3, 2, 77))
    assert there.tolist() == [2, 3, 4]
    assert np.array_equal(rows, np.stack([new[0], old[2], new[1]]))


def test_upsert_twice_is_the_same_as_once(index: VectorIndex) -> None:
    for _ in range(2):
        index.upsert(np.arange(10), vectors(10))
    assert index.stats().count == 10
    assert len(index.search(vectors(1), 100)[0]) == 10


def test_removed_is_gone_at_once(index: VectorIndex) -> None:
    rows = vectors(10)
    index.upsert(np.arange(10), rows)
    assert index.remove(ids(3, 4, 99)) == 2
    assert index.stats().count == 8
    assert not {3, 4} & set(index.search(rows[3:4], 10)[0].ids.tolist())
    assert index.ids().tolist() == [0, 1, 2, 5, 6, 7, 8, 9]
    index.upsert(ids(3), rows[3:4])
    assert index.search(rows[3:4], 1)[0].ids.tolist() == [3]


def test_ids_come_in_pages(index: VectorIndex) -> None:
    index.upsert(ids(30, 10, 20, 0), vectors(4))
    assert index.ids(limit=2).tolist() == [0, 10]
    assert index.ids(after=10, limit=2).tolist() == [20, 30]
    assert index.ids(after=30).tolist() == []


def test_ids_up_to_the_largest_int64(index: VectorIndex) -> None:
    largest = 2**63 - 1
    index.upsert(ids(0, largest), vectors(2))
    assert index.search(vectors(2), 1)[1].ids.tolist() == [largest]
    assert index.remove(ids(largest)) == 1


def test_generation_grows_with_every_write(index: VectorIndex) -> None:
    seen = [index.stats().generation]
    for write in (
        lambda: index.upsert(ids(1), vectors(1)),
        lambda: index.remove(ids(1)),
    ):
        write()
        seen.append(index.stats().generation)
    assert seen == sorted(set(seen))


def test_a_thousand_queries_at_once(index: VectorIndex) -> None:
    rows = vectors(1000)
    index.upsert(np.arange(1000), rows)
    assert [hits.ids[0] for hits in index.search(rows, 3)] == list(range(1000))


def test_from_many_threads_at_once(index: VectorIndex) -> None:
    rows = vectors(200)

    def write_and_read(part: int) -> bool:
        mine = np.arange(part * 20, part * 20 + 20)
        index.upsert(mine, rows[mine])
        found = [hits.ids[0] for hits in index.search(rows[mine], 2)]
        return found == mine.tolist() and index.remove(mine[:10]) == 10

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(write_and_read, range(10)))
    assert index.stats().count == 100


SOME = (IdFilter(), IdFilter(deny=ids(0, 30)), IdFilter(allow=np.arange(0, 1200, 2)))


def fill_with_equals(index: VectorIndex, rounded_apart: int = 0) -> Vectors:
    """400 vectors under ids that don't rise as they come: ten, each forty times. The ten."""
    ten = vectors(10, seed=3)
    rows = np.tile(ten, (40, 1))
    if rounded_apart:
        rows[::rounded_apart] = np.nextafter(rows[::rounded_apart], np.float32(2))
    for part in np.array_split(np.random.default_rng(0).permutation(400), 3):
        index.upsert(part * 3, rows[part])
    return ten


def in_order(hits: Hits) -> bool:
    return np.array_equal(hits.ids, hits.ids[np.lexsort((hits.ids, -hits.scores))])


@pytest.mark.parametrize("rounded_apart", [0, 7])
def test_equal_scores_come_by_ascending_id(index: VectorIndex, rounded_apart: int) -> None:
    queries = fill_with_equals(index, rounded_apart)
    for only in SOME:
        for k in (5, 40, 150, 400):
            found, again = index.search(queries, k, only), index.search(queries, k, only)
            assert all(in_order(hits) for hits in found)
            assert [hits.ids.tolist() for hits in again] == [hits.ids.tolist() for hits in found]


@pytest.mark.parametrize("rounded_apart", [0, 7])
def test_a_shorter_list_is_the_start_of_a_longer_one(steady_index: VectorIndex, rounded_apart: int) -> None:
    queries = fill_with_equals(steady_index, rounded_apart)
    for only in SOME:
        whole = steady_index.search(queries, 400, only)
        for k in (1, 5, 17, 39, 40, 100, 150, 399):
            for hits, longer in zip(steady_index.search(queries, k, only), whole, strict=True):
                assert hits.ids.tolist() == longer.ids[:k].tolist()
                assert hits.scores.tolist() == longer.scores[:k].tolist()
