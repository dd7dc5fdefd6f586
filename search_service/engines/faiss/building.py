"""Makes an approximate index of what a collection holds, while another one answers."""

import logging
from collections.abc import Iterator
from threading import Event
from time import perf_counter

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.faiss.ivf import Effort, FaissIvf, is_held_out
from search_service.engines.faiss.ivf_codes import IvfCodes
from search_service.engines.faiss.recall import tune
from search_service.engines.faiss.row_file import RowFile
from search_service.engines.faiss.row_table import RowTable
from search_service.engines.faiss.sizing import Sizing, lists_for
from search_service.engines.faiss.threads import use_threads

log = logging.getLogger(__name__)
_CHUNK = 8192  # vectors in memory at a time
_SAMPLE = 64  # vectors a list to train with

Stored = Iterator[tuple[Ids, Vectors]]


def build_ivf(stored: Stored, file: RowFile, sizing: Sizing, stop: Event) -> FaissIvf | None:
    """Row file, centres, codes, effort; `None` when there's nothing, or when it was told to stop."""
    began = perf_counter()
    ids = _write_rows(stored, file, stop)
    if ids is None:
        return None
    use_threads(sizing.build_threads)
    codes = _train(file, stop)
    if codes is None or not _fill(codes, file, stop):
        return None
    file.sync()
    file.digests()  # now, not while the first snapshot keeps writers waiting
    index = FaissIvf(codes, file, RowTable.of(ids), Effort.least(codes.lists))
    recall = tune(index, sizing.recall_target, stop)
    log.info(
        "approximate index of %d vectors built in %.0f s, recall %.3f",
        len(ids),
        perf_counter() - began,
        recall,
    )
    return index


def _write_rows(stored: Stored, file: RowFile, stop: Event) -> Ids | None:
    ids = [np.empty(0, np.int64)]
    for part, vectors in stored:
        if stop.is_set():
            return None
        file.append(vectors)
        ids.append(part)
    return np.concatenate(ids) if file.count else None


def _train(file: RowFile, stop: Event) -> IvfCodes | None:
    lists, rows = lists_for(file.count), np.arange(file.count)
    rows = rows[~is_held_out(rows)]
    size = min(len(rows), _SAMPLE * lists)
    sample = np.random.default_rng(0).choice(rows, size, replace=False)
    return IvfCodes.trained(file.read(np.sort(sample)), lists, stop)


def _fill(codes: IvfCodes, file: RowFile, stop: Event) -> bool:
    for start in range(0, file.count, _CHUNK):
        if stop.is_set():
            return False
        codes.fill(file.read(np.arange(start, min(start + _CHUNK, file.count))), start)
    return True
