"""Nothing acknowledged is lost: restarts, and snapshots that are missing, stale, damaged, or another's."""

import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search_service.engines.arrays import Ids, Vectors
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.flat import FaissFlat
from search_service.engines.faiss.snapshot import Snapshot, delete_strays
from search_service.engines.faiss.store import CollectionRecord, Store
from search_service.portable.sealed_file import sidecar_of
from tests.search_service.samples import DIMENSION, ENCODER, ids, vectors

ROWS = vectors(100)


class Restartable:
    """One collection in a folder, that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "vectors.db")
        self.record = self.store.create("c", ENCODER, np.arange(100), ROWS)
        self.index = self.load()

    def load(self) -> DurableIndex:
        return DurableIndex(self.record, self.store, Snapshot(self.folder, self.record.uid))

    def restart(self) -> DurableIndex:
        self.store.close()
        self.store = Store(self.folder / "vectors.db")
        self.index = self.load()
        return self.index

    @property
    def file(self) -> Path:
        return Snapshot(self.folder, self.record.uid).path


@pytest.fixture
def saved(tmp_path: Path) -> Iterator[Restartable]:
    """100 vectors, ids 0 to 99, with a snapshot of them."""
    made = Restartable(tmp_path)
    made.index.upsert(ids(0), ROWS[:1])
    made.index.save()
    yield made
    made.store.close()


def is_whole(index: DurableIndex, expected: dict[int, Vectors]) -> bool:
    """Ids, count and answers are exactly those expected."""
    rows = np.stack(list(expected.values()))
    return (
        index.ids().tolist() == sorted(expected)
        and index.stats().count == len(expected)
        and [hits.ids[0] for hits in index.search(rows, 1)] == list(expected)
    )


def everything() -> dict[int, Vectors]:
    return dict(enumerate(ROWS))


def test_restart_with_a_fresh_snapshot_reads_only_that(
    saved: Restartable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert is_whole(saved.restart(), everything())
    assert caplog.messages == []


def test_restart_catches_up_with_what_the_snapshot_lacks(
    saved: Restartable, caplog: pytest.LogCaptureFixture
) -> None:
    new = vectors(3, seed=9)
    saved.index.upsert(ids(5, 100, 101), new)
    saved.index.remove(ids(7, 101))
    caplog.set_level(logging.INFO)
    expected = everything() | {5: new[0], 100: new[1]}
    del expected[7]
    assert is_whole(saved.restart(), expected)
    assert "caught up from generation 2 to 4 (2 vectors written, 1 removed)" in caplog.text


def test_saving_again_without_a_change_writes_nothing(saved: Restartable) -> None:
    before = saved.file.stat().st_mtime_ns
    saved.index.save()
    assert saved.file.stat().st_mtime_ns == before


def missing(file: Path) -> None:
    file.unlink()


def without_sidecar(file: Path) -> None:
    sidecar_of(file).unlink()


def truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def emptied(file: Path) -> None:
    os.truncate(file, 0)


def sidecar_not_json(file: Path) -> None:
    sidecar_of(file).write_text("{")


def sidecar_a_list(file: Path) -> None:
    sidecar_of(file).write_text("[]")


def without_generation(file: Path) -> None:
    facts = json.loads(sidecar_of(file).read_text())
    del facts["generation"]
    sidecar_of(file).write_text(json.dumps(facts))


def saved_as(file: Path, **facts: Any) -> None:
    """A snapshot that is sealed well, and says something else."""
    snapshot = Snapshot(file.parent, file.stem)
    snapshot.write(replace(snapshot.read(), **facts))


def from_the_future(file: Path) -> None:
    saved_as(file, generation=99)


def another_collections(file: Path) -> None:
    other = Snapshot(file.parent, "other")
    other.write(Snapshot(file.parent, file.stem).read())
    other.path.replace(file)
    sidecar_of(other.path).replace(sidecar_of(file))


def with_another_generation(file: Path) -> None:
    facts = json.loads(sidecar_of(file).read_text())
    sidecar_of(file).write_text(json.dumps(facts | {"generation": 1}))


def of_another_dimension(file: Path) -> None:
    saved_as(file, data=FaissFlat(DIMENSION + 1).dump())


def sealed_nonsense(file: Path) -> None:
    saved_as(file, data=np.zeros(1000, np.uint8))


def with_anothers_rows(file: Path) -> None:
    saved_as(file, rows="other.0.rows")


def of_an_unknown_kind(file: Path) -> None:
    saved_as(file, kind="tree")


@pytest.mark.parametrize(
    "damage",
    [
        missing,
        without_sidecar,
        truncated,
        emptied,
        sidecar_not_json,
        sidecar_a_list,
        without_generation,
        from_the_future,
        another_collections,
        with_another_generation,
        with_anothers_rows,
        of_another_dimension,
        sealed_nonsense,
        of_an_unknown_kind,
    ],
)
def test_untrustworthy_snapshot_is_noticed_and_rebuilt(
    saved: Restartable, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    damage(saved.file)
    assert is_whole(saved.restart(), everything())
    assert "snapshot not used" in caplog.text
    saved.index.save()
    caplog.clear()
    assert is_whole(saved.restart(), everything())
    assert "snapshot not used" not in caplog.text


def test_every_flipped_bit_is_noticed(saved: Restartable, caplog: pytest.LogCaptureFixture) -> None:
    whole = saved.file.read_bytes()
    for place in np.random.default_rng(3).integers(0, len(whole), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(place) % 8
        saved.file.write_bytes(damaged)
        caplog.clear()
        assert is_whole(saved.load(), everything())
        assert "doesn't match the SHA-256" in caplog.text


def test_a_snapshot_older_than_its_sidecar_is_noticed(saved: Restartable, tmp_path: Path) -> None:
    """As after a crash between the two files."""
    shutil.copy(saved.file, tmp_path / "older")
    saved.index.remove(ids(1))
    saved.index.save()
    shutil.copy(tmp_path / "older", saved.file)
    expected = everything()
    del expected[1]
    assert is_whole(saved.restart(), expected)


class FailsOnce(FaissFlat):
    """An index that runs out of memory when the store has already taken the write."""

    fails = False

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        if self.fails:
            self.fails = False
            raise MemoryError
        super().upsert(ids, vectors)


def test_an_index_that_failed_after_the_store_is_mended_by_the_next_write(saved: Restartable) -> None:
    failing = FailsOnce(DIMENSION)
    failing.upsert(np.arange(100), ROWS)
    saved.index._index, failing.fails = failing, True
    new = vectors(2, seed=4)
    with pytest.raises(MemoryError):
        saved.index.upsert(ids(200), new[:1])
    assert saved.index.search(new[:1], 1)[0].ids.tolist() != [200]
    saved.index.upsert(ids(201), new[1:])
    assert is_whole(saved.index, everything() | {200: new[0], 201: new[1]})


def test_strays_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    kept = {"a.faiss", "a.faiss.json", "vectors.db"}
    for name in kept | {"b.faiss", "b.faiss.json", "a.faiss.part"}:
        (tmp_path / name).touch()
    delete_strays(tmp_path, keep={"a"})
    assert {file.name for file in tmp_path.iterdir()} == kept


def test_dropped_collection_takes_no_more_writes(saved: Restartable) -> None:
    gone = CollectionRecord(saved.record.key, saved.record.uid, "c", ENCODER, DIMENSION)
    saved.store.drop(gone)
    with pytest.raises(Exception, match="There's no collection 'c'"):
        saved.index.upsert(ids(1), ROWS[:1])
