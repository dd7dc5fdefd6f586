"""Where it is approximate: recall, tuning, dead rows, filters, and the way to disk and back."""

from pathlib import Path
from threading import Event

import numpy as np
import pytest

from search_service.engines.base import IdFilter
from search_service.engines.faiss.building import build_ivf
from search_service.engines.faiss.ivf import Effort, FaissIvf
from search_service.engines.faiss.recall import RecallCheck, keep_recall
from search_service.engines.faiss.row_file import RowFile
from search_service.engines.faiss.sizing import Sizing, lists_for
from search_service.errors import BrokenSealError
from service_kit.arrays import from_npz, to_npz
from tests.search_service.samples import ids, vectors

COUNT, WIDE = 3000, 64
ROWS, QUERIES = vectors(COUNT, WIDE), vectors(50, WIDE, seed=1)
SIZING = Sizing(recall_target=0.95)


@pytest.fixture
def index(tmp_path: Path) -> FaissIvf:
    built = build_ivf(iter([(np.arange(COUNT), ROWS)]), RowFile(tmp_path / "c.rows", WIDE), SIZING, Event())
    assert built is not None
    return built


def test_building_tunes_it_over_its_target(index: FaissIvf) -> None:
    stats = index.stats()
    assert stats.kind == "ivf"
    assert stats.recall_at_10 is not None
    assert stats.recall_at_10 >= 0.95
    assert stats.effort is not None
    assert stats.effort["lists"] == lists_for(COUNT)


def test_recall_of_queries_that_it_has_never_seen(index: FaissIvf) -> None:
    found, exact = index.search(QUERIES, 10), index.search_exactly(QUERIES, 10)
    hit = sum(len(np.intersect1d(a.ids, b.ids)) for a, b in zip(found, exact, strict=True))
    assert hit / 500 >= 0.9


def test_what_it_promises_holds_for_new_pictures_and_words(index: FaissIvf) -> None:
    """Queries of other seeds than those that it tuned itself with."""
    check = RecallCheck.of(index, seed=5)
    assert min(check.measure(index).values()) >= 0.95 - 0.02
    assert len(index.held_out_ids()) == COUNT // 64


def test_an_older_snapshot_is_measured_anew(index: FaissIvf) -> None:
    names = ("codes", "id_of_row", "digests", "facts")
    parts = dict(zip(names, from_npz(index.dump().tobytes(), *names), strict=True))
    older = np.frombuffer(to_npz(**parts, recall=np.array([0.99])), np.uint8)
    restored = FaissIvf.restore(older, index.file.path, WIDE)
    assert restored.stats().recall_at_10 is None
    keep_recall(restored, 0.95, Event())
    assert set(restored.recall) == {"stored", "held_out", "perturbed", "words"}


def test_scores_are_exact(index: FaissIvf) -> None:
    (hits,) = index.search(QUERIES[:1], 5)
    assert np.allclose(hits.scores, ROWS[hits.ids] @ QUERIES[0])


def test_exact_search_agrees_with_brute_force(index: FaissIvf) -> None:
    ranking = np.argsort(-(QUERIES @ ROWS.T), axis=1)[:, :10]
    assert [hits.ids.tolist() for hits in index.search_exactly(QUERIES, 10)] == ranking.tolist()


def test_index_that_fell_under_its_target_tunes_itself(index: FaissIvf) -> None:
    index.effort = Effort(index.codes.lists, 1, 2)
    assert min(RecallCheck.of(index).measure(index).values()) < 0.95
    index.changed = COUNT
    keep_recall(index, 0.95, Event())
    assert set(index.recall) == {"stored", "held_out", "perturbed", "words"}
    assert min(index.recall.values()) >= 0.95
    assert index.effort.probed > 1
    assert index.changed == 0


def test_recall_is_measured_again_only_after_many_changes(index: FaissIvf) -> None:
    index.recall = {"stored": 0.5}
    index.remove(np.arange(COUNT // 20))
    keep_recall(index, 0.3, Event())
    assert index.recall == {"stored": 0.5}
    index.remove(np.arange(COUNT // 5))
    keep_recall(index, 0.3, Event())
    assert min(index.recall.values()) > 0.5


def test_equal_vectors_do_not_count_as_misses(index: FaissIvf) -> None:
    index.upsert(np.arange(COUNT, 2 * COUNT), np.repeat(ROWS[:30], COUNT // 30, axis=0))
    index.effort = Effort(index.codes.lists, index.codes.lists, 1000)
    assert min(RecallCheck.of(index).measure(index).values()) > 0.99


def test_where_everything_near_is_deleted_or_denied_it_looks_further(index: FaissIvf) -> None:
    ranking = np.argsort(-ROWS @ QUERIES[0])
    index.remove(ranking[:1000])
    only = IdFilter(deny=ranking[1000:2000])
    (hits,) = index.search(QUERIES[:1], 10, only)
    assert len(np.intersect1d(hits.ids, ranking[2000:2010])) >= 9
    (everything,) = index.search(QUERIES[:1], 1000, only)
    assert sorted(everything.ids.tolist()) == sorted(ranking[2000:].tolist())


def test_dump_and_restore(index: FaissIvf) -> None:
    index.remove(ids(5))
    restored = FaissIvf.restore(index.dump(), index.file.path, WIDE)
    assert restored.stats().effort == index.stats().effort
    assert restored.recall == index.recall
    for mine, theirs in zip(index.search(QUERIES, 10), restored.search(QUERIES, 10), strict=True):
        assert mine.ids.tolist() == theirs.ids.tolist()
    restored.upsert(ids(5), ROWS[5:6])
    assert restored.search(ROWS[5:6], 1)[0].ids.tolist() == [5]


def test_what_is_no_dump_is_refused(index: FaissIvf) -> None:
    with pytest.raises(BrokenSealError, match="isn't what an approximate index saves"):
        FaissIvf.restore(np.zeros(100, np.uint8), index.file.path, WIDE)


def test_building_stops_when_it_is_told_to(tmp_path: Path) -> None:
    stop = Event()
    stop.set()
    assert (
        build_ivf(iter([(np.arange(COUNT), ROWS)]), RowFile(tmp_path / "c.rows", WIDE), SIZING, stop) is None
    )


@pytest.mark.parametrize("dimension", [1, 3, 100])
def test_any_dimension(tmp_path: Path, dimension: int) -> None:
    rows = vectors(200, dimension)
    file = RowFile(tmp_path / "c.rows", dimension)
    built = build_ivf(iter([(np.arange(200), rows)]), file, SIZING, Event())
    assert built is not None
    assert built.search(rows[:1], 1)[0].scores[0] == pytest.approx(1)
