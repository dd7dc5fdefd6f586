"""A collection that outgrows exact search and shrinks again, through restarts, damage and a full disk."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.ivf import FaissIvf
from search_service.engines.faiss.row_file import RowFile
from search_service.engines.faiss.sizing import Sizing
from search_service.engines.faiss.snapshot import Snapshot
from search_service.engines.faiss.store import CollectionRecord, Store
from search_service.errors import StorageFull
from tests.search_service.samples import DIMENSION, ENCODER, ids, vectors

COUNT = 300
ROWS = vectors(COUNT)
SIZING = Sizing(exact_up_to=200)


class Collected:
    """One collection in a folder, that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "vectors.db")
        self.record = self.store.create("c", ENCODER, np.arange(COUNT), ROWS)
        self.index = self.load()

    def load(self) -> DurableIndex:
        return DurableIndex(self.record, self.store, Snapshot(self.folder, self.record.uid), SIZING)

    def restart(self) -> DurableIndex:
        self.store.close()
        self.store = Store(self.folder / "vectors.db")
        self.index = self.load()
        return self.index

    @property
    def row_files(self) -> list[Path]:
        return list(self.folder.glob("*.rows"))


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Collected]:
    """300 vectors, of which 200 may be searched exactly; not maintained yet."""
    made = Collected(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def grown(collected: Collected) -> Collected:
    """The same, approximate by now, with a snapshot."""
    assert collected.index.stats().kind == "flat"
    collected.index.maintain(Event())
    assert collected.index.stats().kind == "ivf"
    return collected


def finds(index: DurableIndex, numbers: Ids) -> bool:
    found = index.search(ROWS[numbers % COUNT], 1)
    return [hits.ids[0] for hits in found] == numbers.tolist() and index.stats().count == len(index.ids())


def test_approximate_index_is_used_again_after_a_restart(
    grown: Collected, caplog: pytest.LogCaptureFixture
) -> None:
    assert finds(grown.restart(), np.arange(COUNT))
    assert grown.index.stats().kind == "ivf"
    assert "snapshot not used" not in caplog.text
    assert len(grown.row_files) == 1


def test_writes_after_the_snapshot_are_caught_up(grown: Collected) -> None:
    grown.index.remove(np.arange(10))
    grown.index.upsert(np.arange(COUNT, COUNT + 10), ROWS[:10])
    assert finds(grown.restart(), np.arange(10, COUNT + 10))


def without_rows(rows: Path) -> None:
    rows.unlink()


def truncated(rows: Path) -> None:
    rows.write_bytes(rows.read_bytes()[:1000])


def flipped(rows: Path) -> None:
    data = bytearray(rows.read_bytes())
    data[7] ^= 1
    rows.write_bytes(data)


@pytest.mark.parametrize("damage", [without_rows, truncated, flipped])
def test_untrustworthy_rows_are_noticed_and_made_anew(
    grown: Collected, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(grown.row_files[0])
    assert finds(grown.restart(), np.arange(COUNT))
    assert grown.index.stats().kind == "flat"
    assert "snapshot not used" in caplog.text
    assert grown.row_files == []
    grown.index.maintain(Event())
    assert finds(grown.index, np.arange(COUNT))
    assert grown.index.stats().kind == "ivf"


def test_collection_that_shrinks_is_exact_again(grown: Collected) -> None:
    grown.index.remove(np.arange(201, COUNT))
    grown.index.maintain(Event())
    assert grown.index.stats().kind == "ivf"
    grown.index.remove(np.arange(90, 201))
    grown.index.maintain(Event())
    assert grown.index.stats().kind == "flat"
    assert grown.row_files == []
    assert finds(grown.restart(), np.arange(90))


def test_dead_rows_are_given_back(grown: Collected) -> None:
    for _ in range(2):
        grown.index.upsert(np.arange(COUNT), ROWS)
    before = grown.row_files
    grown.index.maintain(Event())
    assert finds(grown.index, np.arange(COUNT))
    assert isinstance(grown.index._index, FaissIvf)
    assert grown.index._index.dead == 0
    assert len(grown.row_files) == 1
    assert grown.row_files != before


class WritesMeanwhile(Store):
    """Somebody writes when the index that is being built has just read everything."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.meanwhile: Callable[[], None] | None = None

    def get(self, record: CollectionRecord, ids: Ids) -> tuple[Ids, Vectors]:
        there = super().get(record, ids)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return there


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WritesMeanwhile]:
    with closing(WritesMeanwhile(tmp_path / "vectors.db")) as opened:
        yield opened


def test_what_is_written_while_it_is_built_is_in_it(tmp_path: Path, store: WritesMeanwhile) -> None:
    record = store.create("c", ENCODER, np.arange(COUNT), ROWS)
    index = DurableIndex(record, store, Snapshot(tmp_path, record.uid), SIZING)
    new = vectors(2, seed=3)

    def write() -> None:
        index.remove(ids(0))
        index.upsert(ids(1, 500), new)
        assert index.search(new[1:], 1)[0].ids.tolist() == [500]  # the old index answers meanwhile

    store.meanwhile = write
    index.maintain(Event())
    assert index.stats().kind == "ivf"
    assert index.ids().tolist() == [*range(1, COUNT), 500]
    assert [hits.ids[0] for hits in index.search(new, 1)] == [1, 500]
    assert index.search(ROWS[:2], 1)[0].ids[0] not in (0, 1)


def test_building_that_is_stopped_leaves_nothing_behind(collected: Collected) -> None:
    stop = Event()
    stop.set()
    collected.index.maintain(stop)
    assert collected.index.stats().kind == "flat"
    assert collected.row_files == []


class FullDisk(RowFile):
    full = False

    def append(self, vectors: Vectors) -> int:
        if self.full:
            raise StorageFull
        return super().append(vectors)


def test_full_disk_refuses_writes_and_is_caught_up_when_there_is_room(grown: Collected) -> None:
    inner = grown.index._index
    assert isinstance(inner, FaissIvf)
    inner.file = disk = FullDisk(inner.file.path, DIMENSION, inner.file.count)
    disk.full = True
    new = vectors(2, seed=3)
    for _ in range(2):
        with pytest.raises(StorageFull):
            grown.index.upsert(ids(500), new[:1])
    assert grown.index.search(ROWS[:1], 1)[0].ids.tolist() == [0]
    disk.full = False
    grown.index.upsert(ids(501), new[1:])
    assert [hits.ids[0] for hits in grown.index.search(new, 1)] == [500, 501]
