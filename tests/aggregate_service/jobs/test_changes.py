"""What a scan makes of a folder, while others change the catalogue."""

from io import BufferedReader
from pathlib import Path

from aggregate_service.catalogue.catalog import Catalog, NewPicture, Place
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import Folder
from aggregate_service.jobs.changes import Changes
from aggregate_service.jobs.scan import scan_folder
from picture_files.reader import PictureLimits
from tests.aggregate_service.conftest import save_picture
from tests.aggregate_service.samples import facts


class BusyStore(ImageStore):
    """A watched change of the file `busy` is taken in between the scan's look at it and its row."""

    catalog: Catalog
    busy: str

    def open(self, place: Place) -> BufferedReader:
        if place.path == self.busy:
            self.catalog.add_content(NewPicture(place, facts("b")))
        return super().open(place)


def test_a_file_that_another_job_takes_in_meanwhile_keeps_its_row(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    for number, name in enumerate(("a.png", "b.png", "c.png")):
        save_picture(folder / name, (number, 0, 0))
    root = catalog.roots.add(str(folder), "", "")
    store = BusyStore(
        lambda _id: folder, Folder(tmp_path / "up"), tmp_path / "small", PictureLimits(10**6, 10**3)
    )
    store.catalog, store.busy = catalog, "b.png"
    changes = Changes(catalog, store, scan_folder(folder, folder, 10**6), root, "collection")
    (chunk,) = changes.files()
    assert [item.payload["path"] for item in chunk.items] == ["a.png", "b.png", "c.png"]
    known = catalog.roots.known_files(root.id, ["a.png", "b.png", "c.png"])
    assert {path: row.sha256 for path, row in known.items()} == {
        "a.png": None,
        "b.png": facts("b").sha256,
        "c.png": None,
    }
    assert catalog.count() == 3
