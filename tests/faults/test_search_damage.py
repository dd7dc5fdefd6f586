"""Snapshots truncated, with a bit flipped, swapped, or missing: noticed, rebuilt, and no wrong answer."""

import os
import shutil
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from search_service.engines.arrays import Vectors
from search_service.engines.faiss.backend import EmbeddedBackend
from search_service.engines.faiss.durable import DurableIndex
from search_service.engines.faiss.sizing import Sizing
from tests.search_service.samples import vectors

PLACES = int(os.environ.get("FAULT_PLACES", "300"))
COUNT, DIMENSION, ENCODER = 400, 64, "fake@1:64"
KINDS = {"flat": Sizing(exact_up_to=10_000), "ivf": Sizing(exact_up_to=100)}
ROWS = {"a": vectors(COUNT, DIMENSION), "b": vectors(COUNT, DIMENSION, seed=1)}


class Folder:
    """Collections a and b, with snapshots; kept aside, so that each damage starts from a whole copy."""

    def __init__(self, kind: str, root: Path) -> None:
        self.sizing, self.path, self.whole = KINDS[kind], root / "data", root / "whole"
        backend = EmbeddedBackend(self.path, self.sizing)
        for name, rows in ROWS.items():
            backend.upsert(name, ENCODER, np.arange(COUNT), rows)
            backend.collection(name).index.maintain(Event())
            assert backend.collection(name).index.stats().kind == kind
        self.uids = {name: backend._records[name].uid for name in ROWS}
        backend.close()
        shutil.copytree(self.path, self.whole)

    def restore(self) -> None:
        shutil.rmtree(self.path)
        shutil.copytree(self.whole, self.path)

    def files(self, name: str) -> list[Path]:
        """The index, its sidecar, and its vectors where they're apart."""
        return sorted(file for file in self.path.glob(f"{self.uids[name]}.*"))

    def answers(self) -> dict[str, tuple[bool, bool]]:
        """For each collection: whether it's right, and whether its snapshot was taken."""
        backend = EmbeddedBackend(self.path, self.sizing)
        try:
            return {name: self._answer(backend, name, rows) for name, rows in ROWS.items()}
        finally:
            backend._store.close()

    def _answer(self, backend: EmbeddedBackend, name: str, rows: Vectors) -> tuple[bool, bool]:
        index = backend.collection(name).index
        assert isinstance(index, DurableIndex)
        found = [hits.ids[0] for hits in index.search(rows, 1)]
        right = found == list(range(COUNT)) and index.stats().count == COUNT
        return right, index._saved == index.stats().generation


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(request.param, tmp_path_factory.mktemp("damage"))


@pytest.fixture
def folder(made: Folder) -> Folder:
    made.restore()
    assert made.answers() == {"a": (True, True), "b": (True, True)}
    return made


def noticed(folder: Folder) -> bool:
    return folder.answers() == {"a": (True, False), "b": (True, True)}


def test_flipped_bits(folder: Folder) -> None:
    random = np.random.default_rng(0)
    for _ in range(PLACES):
        folder.restore()
        file = random.choice(np.array(folder.files("a")))
        data = bytearray(file.read_bytes())
        sealed = COUNT * DIMENSION * 4 if file.suffix == ".rows" else len(data)
        place = int(random.integers(sealed))  # behind the rows, a file of vectors is only room to grow
        data[place] ^= 1 << int(random.integers(8))
        file.write_bytes(data)
        answers = folder.answers()
        if file.suffix == ".json" and answers["a"] == (True, True):
            continue  # a sidecar that says the same with another blank
        assert answers == {"a": (True, False), "b": (True, True)}, (file.suffix, place)


def test_truncated(folder: Folder) -> None:
    for number in range(len(folder.files("a"))):
        for part in (0.0, 0.3, 0.99):
            folder.restore()
            file = folder.files("a")[number]
            size = COUNT * DIMENSION * 4 if file.suffix == ".rows" else file.stat().st_size
            os.truncate(file, int(size * part))
            assert noticed(folder), (file.suffix, part)


def test_missing(folder: Folder) -> None:
    for number in range(len(folder.files("a"))):
        folder.restore()
        folder.files("a")[number].unlink()
        assert noticed(folder), number


def test_swapped_with_another_collections(folder: Folder) -> None:
    for suffixes in ((".faiss",), (".json",), (".faiss", ".json")):
        folder.restore()
        for suffix in suffixes:
            one, other = (next(f for f in folder.files(name) if f.suffix == suffix) for name in "ab")
            aside = one.rename(one.with_name("aside"))
            other.rename(one)
            aside.rename(other)
        assert folder.answers() == {"a": (True, False), "b": (True, False)}, suffixes


def test_vectors_swapped_with_another_collections(folder: Folder) -> None:
    rows = [[f for f in folder.files(name) if f.suffix == ".rows"] for name in "ab"]
    if not rows[0]:
        pytest.skip("an exact index has its vectors inside")
    shutil.copy(rows[1][0], rows[0][0])
    assert noticed(folder)
