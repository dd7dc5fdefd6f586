"""An approximate index measured by itself, and tuned until it finds what it should."""

import logging
from collections.abc import Sequence
from threading import Event

import numpy as np

from search_service.engines.arrays import Vectors
from search_service.engines.faiss.ivf import Effort, FaissIvf
from search_service.engines.recall import K, Probes, worst

log = logging.getLogger(__name__)
_OF_A_KIND = 100
_SAME = 1e-6  # scores that differ by less are of equal vectors, or of float32's rounding


class RecallCheck:
    """Queries of each kind with the scores of their ten nearest: what a search is held against."""

    def __init__(self, probes: Probes, exact: Sequence[Vectors]) -> None:
        self._probes, self._exact = probes, exact

    @classmethod
    def of(cls, index: FaissIvf, seed: int = 0) -> "RecallCheck":
        probes = _probes(index, seed)
        return cls(probes, probes.nearest(index.search_exactly(probes.queries, K + 1)))

    def measure(self, index: FaissIvf) -> dict[str, float]:
        """recall@10 by kind of query: the part of the ten nearest that the index finds."""
        found = self._probes.nearest(index.search(self._probes.queries, K + 1))
        return self._probes.recall(found, self._exact, _SAME)

    def of_kind(self, kind: str) -> "RecallCheck":
        """The same with these queries alone."""
        exact = zip(self._probes.kinds, self._exact, strict=True)
        return RecallCheck(self._probes.only(kind), [scores for its, scores in exact if its == kind])


def tune(index: FaissIvf, target: float, stop: Event) -> float:
    """Raise the effort until the queries that find least find the target, and note what each kind finds."""
    check = RecallCheck.of(index)
    index.recall = check.measure(index)
    while _least(index.recall) < target and index.effort.harder() and not stop.is_set():
        kind = min(index.recall, key=lambda each: index.recall[each])
        _try_harder(index, check.of_kind(kind), target, stop)
        index.recall = check.measure(index)
    return _least(index.recall)


def _try_harder(index: FaissIvf, check: RecallCheck, target: float, stop: Event) -> None:
    """Until these queries find the target; at each step the one that brings more, of lists and candidates."""
    found = 0.0
    while found < target and index.effort.harder() and not stop.is_set():
        tried = [(_with(index, check, effort), effort) for effort in index.effort.harder()]
        found, index.effort = max(tried, key=lambda each: each[0])


def keep_recall(index: FaissIvf, target: float, stop: Event) -> None:
    """Measure again when a tenth of the index has changed since, and tune where it fell under its target."""
    if index.recall and index.changed * 10 < index.stats().count:
        return
    before, index.changed = index.recall, 0
    measured = RecallCheck.of(index).measure(index)
    if _least(measured) < target:
        tuned = tune(index, target, stop)
        log.info("recall@10 was %.3f, is %.3f at %s", _least(measured), tuned, index.effort)
    else:
        index.recall = measured
        log.info("recall@10 is %s (was %s)", measured, before)


def _probes(index: FaissIvf, seed: int) -> Probes:
    """Half of the stored ones weren't trained with, where there are so many."""
    random, held_out = np.random.default_rng(seed), index.held_out_ids()
    apart = random.choice(held_out, min(_OF_A_KIND, len(held_out)), replace=False)
    others = np.setdiff1d(index.ids(), held_out)
    trained = random.choice(others, min(_OF_A_KIND, len(others)), replace=False)
    ids, vectors = index.get(np.concatenate([trained, apart]))  # ascending
    last = np.argsort(np.isin(ids, apart), kind="stable")
    return Probes.of(ids[last], vectors[last], seed, len(apart))


def _least(recall: dict[str, float]) -> float:
    least = worst(recall)
    return 1.0 if least is None else least


def _with(index: FaissIvf, check: RecallCheck, effort: Effort) -> float:
    """The least recall at another effort, which searches of the moment get too: it is never a lower one."""
    before, index.effort = index.effort, effort
    try:
        return _least(check.measure(index))
    finally:
        index.effort = before
