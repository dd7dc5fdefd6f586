"""Deleting: gone from search at once and from every collection, undone in time, over for good after that."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aggregate_service.catalogue.catalog import Catalog, Facts, NewPicture, Picture, Place
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.errors import DeletionWaits, NothingToRestore
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import Folder
from aggregate_service.jobs.deleter import Deleter
from picture_files.reader import PictureLimits
from tests.aggregate_service.conftest import save_picture
from tests.aggregate_service.fakes import FakeSearch, problem
from tests.aggregate_service.patient_clients import PatientSearch
from tests.aggregate_service.samples import keep

UNDO = 600.0


@dataclass
class Installation:
    """A catalogue with three uploads (ids 0 to 2) and a file of a folder (3), in two collections."""

    catalog: Catalog
    search: FakeSearch
    store: ImageStore
    folder: Path
    now: float = 1000.0

    def do(self, what: Callable[[Deleter], Coroutine[Any, Any, Any]]) -> Any:
        async def run() -> Any:
            client = PatientSearch(self.search.app())
            try:
                return await what(Deleter(self.catalog, client, self.store, UNDO, lambda: self.now))
            finally:
                await client.close()

        return asyncio.run(run())

    def delete(self, *ids: int) -> int:
        deleted: int = self.do(lambda deleter: deleter.delete(ids))
        return deleted

    def mend(self) -> None:
        self.do(lambda deleter: deleter.mend())

    def vectors(self) -> dict[str, set[int]]:
        return {name: set(stored) for name, stored in self.search.vectors.items()}

    def keep(self, data: bytes) -> tuple[Place, Facts]:
        return keep(self.store, self.folder.parent / "uploads", data)

    def copies(self) -> int:
        return sum(path.is_file() for path in (self.folder.parent / "uploads").rglob("*"))

    def picture(self, id_: int) -> Picture:
        picture = self.catalog.picture(id_)
        assert picture is not None
        return picture


@pytest.fixture
def here(catalog: Catalog, tmp_path: Path) -> Installation:
    folder = tmp_path / "folder"
    gallery = Gallery(catalog, folder)
    store = ImageStore(
        gallery.folder,
        Folder(tmp_path / "uploads"),
        tmp_path / "thumbnails",
        PictureLimits(1_000_000, 5_000),
    )
    for colour in ("red", "green", "blue"):
        kept, facts = keep(
            store, tmp_path / "uploads", save_picture(tmp_path / f"{colour}.png", colour).read_bytes()
        )
        catalog.add_content(NewPicture(kept, facts, colour, f"http://x/{colour}", [colour, "all"]))
    save_picture(folder / "deep" / "file.png", "white")
    root = gallery.record(folder, None, None)
    with store.open(Place(root.id, "deep/file.png")) as file:
        catalog.add_content(NewPicture(Place(root.id, "deep/file.png"), store.facts(file)))
    search = FakeSearch()
    for name in ("one", "two"):
        search.encoders[name] = name
        search.vectors[name] = {id_: np.ones(4, np.float32) for id_ in range(4)}
        catalog.mark_indexed(name, range(4))
    return Installation(catalog, search, store, folder)


def test_a_deleted_picture_is_gone_from_every_collection(here: Installation) -> None:
    here.catalog.unmark_indexed("two", [1])  # a vector that was stale, and is there all the same
    assert here.delete(1, 99, -1, 2**63) == 1
    assert here.vectors() == {"one": {0, 2, 3}, "two": {0, 2, 3}}
    assert here.catalog.picture(1) is None
    assert here.catalog.by_url("http://x/green") is None
    assert here.catalog.count() == 3
    assert here.delete(1) == 0


def test_it_can_be_brought_back_as_a_new_picture_for_a_while(here: Installation) -> None:
    before = here.picture(1)
    here.delete(1)
    here.mend()
    assert here.copies() == 3
    restorable = here.catalog.restorable(1, here.now)
    assert restorable is not None
    assert (restorable.picture, restorable.links) == (before, ("http://x/green",))
    restored = here.catalog.restore(1, here.now)
    assert restored.id == 4
    assert (restored.title, restored.labels, restored.sha256) == ("green", ("all", "green"), before.sha256)
    assert here.catalog.by_url("http://x/green") == restored
    assert here.catalog.searchable([4]) == set()
    with pytest.raises(NothingToRestore):
        here.catalog.restore(1, here.now)
    here.now += UNDO + 1
    here.mend()
    assert here.copies() == 3
    with here.store.open(restored.place) as file:
        assert here.store.facts(file).sha256 == before.sha256


def test_after_that_its_copy_is_deleted_too(here: Installation) -> None:
    here.store.small(here.picture(1))
    here.delete(1, 3)
    here.now += UNDO + 1
    assert here.catalog.restorable(1, here.now) is None
    here.mend()
    here.mend()
    assert here.copies() == 2
    assert not list((here.folder.parent / "thumbnails").rglob("*.webp"))
    assert (here.folder / "deep" / "file.png").exists()
    with pytest.raises(NothingToRestore):
        here.catalog.restore(1, here.now - UNDO)
    assert here.catalog.deletions_over(here.now) == []


def test_a_copy_that_came_back_by_itself_is_kept(here: Installation) -> None:
    was = here.picture(1)
    here.delete(1)
    kept, facts = here.keep((here.folder.parent / "green.png").read_bytes())
    again, created = here.catalog.add_content(NewPicture(kept, facts))
    assert (again.id, created) == (4, True)
    here.now += UNDO + 1
    here.mend()
    assert here.copies() == 3
    assert again.sha256 == was.sha256


def test_a_file_of_a_folder_is_left_out_of_later_scans_until_it_is_restored(here: Installation) -> None:
    root = here.catalog.roots.first().id
    content = here.picture(3).sha256 or ""
    here.delete(3)
    assert here.catalog.roots.is_kept_out(Place(root, "anywhere.png"), content)
    restored = here.catalog.restore(3, here.now)
    assert (restored.path, restored.folder) == ("deep/file.png", "deep")
    assert not here.catalog.roots.is_kept_out(restored.place, content)


def test_every_place_of_a_picture_is_left_out(here: Installation) -> None:
    root = here.catalog.roots.first().id
    copy = NewPicture(Place(root, "copy.png"), here.keep((here.folder / "deep" / "file.png").read_bytes())[1])
    assert here.catalog.add_content(copy)[0].id == 3
    here.delete(3)
    assert here.catalog.roots.is_kept_out(copy.place, copy.facts.sha256)
    assert here.catalog.restore(3, here.now).id == 4
    assert set(here.catalog.roots.known_files(root, ["copy.png", "deep/file.png"])) == {
        "copy.png",
        "deep/file.png",
    }


def test_where_the_search_service_is_away_the_deletion_waits_and_is_carried_out(here: Installation) -> None:
    here.search.delete_refusals = [problem(503, "Away.")]
    with pytest.raises(DeletionWaits, match=r"Away\. The deletion is noted"):
        here.delete(0, 1)
    assert here.catalog.count() == 4
    assert here.catalog.deletions_under_way() == [0, 1]
    assert here.catalog.restorable(0, here.now) is None
    here.now += 10 * UNDO
    here.mend()
    assert here.catalog.count() == 2
    assert here.vectors() == {"one": {2, 3}, "two": {2, 3}}


@pytest.mark.parametrize("step", ["noted", "vectors", "rows"])
def test_a_crash_after_any_step_is_mended_at_the_next_start(
    here: Installation, step: str, database_url: str
) -> None:
    here.catalog.intend_deletion([1], here.now + UNDO)
    if step in ("vectors", "rows"):
        del here.search.vectors["one"][1]
    if step == "rows":
        del here.search.vectors["two"][1]
        here.catalog.delete([1], here.now + UNDO)
    here.catalog.close()
    here.catalog = Catalog(Database(database_url))
    here.mend()
    assert here.catalog.picture(1) is None
    assert here.vectors() == {"one": {0, 2, 3}, "two": {0, 2, 3}}
    assert here.catalog.restore(1, here.now).id == 4
    here.catalog.close()


def test_ids_never_come_back_whatever_happens(here: Installation, database_url: str) -> None:
    here.delete(0, 1, 2, 3)
    here.now += UNDO + 1
    here.mend()
    assert here.catalog.count() == 0
    here.catalog.close()
    here.catalog = Catalog(Database(database_url))
    kept, facts = here.keep((here.folder.parent / "red.png").read_bytes())
    assert here.catalog.add_content(NewPicture(kept, facts))[0].id == 4
    assert here.catalog.restorable(4, here.now) is None
    here.catalog.close()


def test_many_at_once(here: Installation) -> None:
    root = here.catalog.roots.first().id
    ids = here.catalog.add([Place(root, f"{n}.jpg") for n in range(5_100)])  # 5,000 are deleted at once
    assert here.delete(*ids) == 5_100
    here.now += UNDO + 1
    here.mend()
    assert here.catalog.deletions_over(here.now) == []
    assert here.catalog.count() == 4
