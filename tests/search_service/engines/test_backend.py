"""What every engine has from the contract itself: writes and a change of owner keep apart."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest

from search_service.collection import Collection
from search_service.engines.arrays import Ids, Vectors
from search_service.engines.backend import Backend
from search_service.engines.faiss.flat import FaissFlat
from tests.search_service.samples import DIMENSION, ENCODER, ids, vectors


class InterruptedIndex(FaissFlat):
    """Something happens in the middle of each write."""

    def __init__(self) -> None:
        super().__init__(DIMENSION)
        self.writes = 0
        self.meanwhile: Callable[[], object] = lambda: None

    def upsert(self, ids: Ids, vectors: Vectors) -> None:
        self.meanwhile()
        super().upsert(ids, vectors)
        self.writes += 1

    def remove(self, ids: Ids) -> int:
        self.meanwhile()
        self.writes += 1
        return super().remove(ids)


class OneCollection(Backend):
    def __init__(self) -> None:
        super().__init__()
        self.index = InterruptedIndex()
        self.only = Collection("c", ENCODER, self.index, "mine")
        self.handed_over_after: list[int] = []

    def collections(self) -> dict[str, Collection]:
        return {"c": self.only}

    def create(
        self, name: str, encoder: str, ids: Ids, vectors: Vectors, catalogue: str | None
    ) -> Collection | None:
        return None

    def hand_over(self, collection: Collection, catalogue: str) -> None:
        self.handed_over_after.append(self.index.writes)
        self.only = replace(collection, catalogue=catalogue)

    def drop(self, name: str) -> None: ...

    def default(self) -> str | None:
        return "c"

    def set_default(self, name: str) -> None: ...

    def close(self) -> None: ...


@pytest.mark.parametrize(
    "write",
    [
        lambda backend: backend.upsert("c", ENCODER, ids(1), vectors(1), "mine"),
        lambda backend: backend.remove("c", ids(0), "mine"),
    ],
    ids=["upsert", "remove"],
)
def test_an_adoption_waits_for_a_write_that_was_let_in(write: Callable[[Backend], object]) -> None:
    backend = OneCollection()
    backend.upsert("c", ENCODER, ids(0), vectors(1), "mine")
    with ThreadPoolExecutor() as another:

        def adopt() -> None:
            adopting = another.submit(backend.adopt, "c", "theirs", "mine")
            with suppress(TimeoutError):
                adopting.result(0.1)

        backend.index.meanwhile = adopt
        write(backend)
    assert backend.handed_over_after == [2]
