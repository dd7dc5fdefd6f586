"""Moments of what the store holds: what is there at the start is read once, every write changes them soon."""

from collections import deque
from threading import Event, Lock, Thread
from time import sleep

import numpy as np

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.faiss.store import CollectionRecord, Store
from search_service.moments import LARGEST, Moments

_CHUNK = 2_048  # vectors read at a time, while writers wait
_PAUSE = 0.2  # seconds in which writes gather
_ALL = np.iinfo(np.int64).max


class StoreMoments:
    """The store is read in the order of ids: of a write, only what lies below that point counts by then.

    The caller holds one lock around each write, `replaced` before it and `changed` after it; `read` takes
    the same lock for a chunk at a time. A write only notes what it changed: the arithmetic, some milliseconds
    for a thousand vectors, is done for many writes at once, by a thread of its own.
    """

    def __init__(self, record: CollectionRecord, store: Store, one_writer: Lock) -> None:
        self._record, self._store, self._one_writer = record, store, one_writer
        self._one_reader, self._counting = Lock(), Lock()
        self._kept = record.dimension <= LARGEST
        self._read_to = self._largest = -1  # the largest id that may be stored: none beyond it is replaced
        self._noted: deque[tuple[Vectors, Vectors]] = deque()
        self._moments = Moments.none(record.dimension if self._kept else 0)

    @property
    def known(self) -> Moments | None:
        """None while the store is still being read; what was written just now may still be missing."""
        return self._moments if self._read_to == _ALL else None

    def read(self, stop: Event) -> None:
        """What is left to be read, until `stop` is set; searches and, between chunks, writes go on."""
        with self._one_reader:
            while self._kept and self._read_to < _ALL and not stop.is_set():
                with self._one_writer:
                    ids = self._store.ids(self._record, after=self._read_to, limit=_CHUNK)
                    _, vectors = self._store.get(self._record, ids)
                    self._noted.append((vectors[:0], vectors))
                    self._largest = max(self._largest, int(ids.max(initial=-1)))
                    self._read_to = int(ids[-1]) if len(ids) else _ALL
                self._count()
        self._count()

    def replaced(self, ids: Ids) -> Vectors:
        """The vectors that count now, and that a write of these ids is about to replace or delete."""
        there = self._counted(ids)
        if not len(there):
            return np.empty((0, self._record.dimension), np.float32)
        return self._store.get(self._record, there)[1]

    def changed(self, replaced: Vectors, ids: Ids, vectors: Vectors) -> None:
        """What that write has done."""
        if self._kept:
            self._largest = max(self._largest, int(ids.max(initial=-1)))
            counted = vectors if self._read_to == _ALL else vectors[ids <= self._read_to]
            self._noted.append((replaced, counted))
            if not self._counting.locked():
                Thread(target=self._count_unless_counting, daemon=True).start()

    def _counted(self, ids: Ids) -> Ids:
        return ids[ids <= min(self._read_to, self._largest)] if self._kept else ids[:0]

    def _count(self) -> None:
        """All that is noted; waits for whoever is at it."""
        with self._counting:
            self._count_noted()

    def _count_unless_counting(self) -> None:
        """Whoever is at it looks once more when that is done, for what was noted meanwhile."""
        while self._noted and self._counting.acquire(blocking=False):
            try:
                sleep(_PAUSE)
                self._count_noted()
            finally:
                self._counting.release()

    def _count_noted(self) -> None:
        noted = [self._noted.popleft() for _ in range(len(self._noted))]
        if noted:
            gone, new = (np.concatenate(each) for each in zip(*noted, strict=True))
            self._moments = self._moments.minus(gone).plus(new)
