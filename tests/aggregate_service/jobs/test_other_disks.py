"""Disks that come and go over one folder: what lies on one that isn't there is out of reach, not missing."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.errors import CannotIndex
from aggregate_service.jobs import scanner
from aggregate_service.jobs.scan import Scan, scan_folder
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.samples import all_pictures

SLOT = "slot"
RED, GREEN, BLUE, GREY = (200, 0, 0), (0, 200, 0), (0, 0, 200), (90, 90, 90)


class Slot:
    """A folder of the library in which one disk at a time is mounted."""

    def __init__(self, world: World) -> None:
        self.world, self._at, self._aside = world, world.folder / SLOT, world.folder.parent / "aside"
        self._at.mkdir()
        self._disk, self.device, self.others = "", "disk of the slot itself", "disk"

    def holds(self, disk: str, **colours: tuple[int, int, int]) -> None:
        """A disk with these pictures, not mounted."""
        for name, colour in colours.items():
            save_picture(self._aside / disk / f"{name}.png", colour)

    def mount(self, disk: str, device: str = "") -> None:
        """In place of the one that is there."""
        if self._disk:
            self._at.rename(self._aside / self._disk)
        else:
            self._at.rmdir()
        (self._aside / disk).rename(self._at)
        self._disk, self.device = disk, device or disk

    def unmount(self) -> None:
        self.holds("nothing")
        (self._aside / "nothing").mkdir(parents=True, exist_ok=True)
        self.mount("nothing", self.others)

    def file(self, name: str) -> Path:
        return self._at / f"{name}.png"

    def scan(self, *given: Any) -> Scan:
        scan = scan_folder(*given)
        for path in scan.devices:
            scan.devices[path] = self.device if path.split("/")[0] == SLOT else self.others
        return scan

    def pictures(self) -> dict[str, str]:
        """Of all that ever lay in the slot, by title: `here`, `missing` or `out of reach`."""
        catalog = self.world.catalog()
        hidden = catalog.pictures(catalog.hidden()).values()
        states = {picture.title or picture.path: state(picture) for picture in hidden}
        for picture in all_pictures(catalog):
            if SLOT in picture.path:
                states[picture.title or picture.path] = "here"
        catalog.close()
        return states

    def call(self, **titles: str) -> None:
        """Pictures by their file names."""
        catalog = self.world.catalog()
        for picture in all_pictures(catalog):
            if (title := titles.get(Path(picture.path).stem)) and SLOT in picture.path:
                catalog.set_title(picture.id, title)
        catalog.close()


def state(picture: Picture) -> str:
    return "out of reach" if picture.unreachable else "missing"


@pytest.fixture
def slot(world: World, monkeypatch: pytest.MonkeyPatch) -> Slot:
    for file in world.folder.rglob("*.*"):
        file.unlink()
    save_picture(world.folder / "always.png", (9, 9, 9))
    slot = Slot(world)
    monkeypatch.setattr(scanner, "scan_folder", slot.scan)
    slot.holds("one", a=RED, b=GREEN)
    slot.mount("one")
    world.index()
    slot.call(a="Rose", b="Meadow")
    return slot


def test_another_disk_over_a_folder_leaves_the_first_out_of_reach(slot: Slot, world: World) -> None:
    slot.holds("two", c=BLUE)
    slot.mount("two")
    for _ in range(3):
        world.index()
        assert slot.pictures() == {"Rose": "out of reach", "Meadow": "out of reach", "slot/c.png": "here"}
    slot.mount("one")
    world.embedding.embedded_files.clear()
    world.index()
    assert slot.pictures() == {"Rose": "here", "Meadow": "here", "slot/c.png": "out of reach"}
    assert world.embedding.embedded_files == []


def test_three_cards_with_the_same_names_of_files(slot: Slot, world: World) -> None:
    """As cameras give them."""
    for disk, colour in (("two", BLUE), ("three", GREY)):
        slot.holds(disk, a=colour)
        slot.mount(disk)
        world.index()
        slot.call(a=disk)
    slot.mount("one")
    world.index()
    everything = {"Rose": "here", "Meadow": "here", "two": "out of reach", "three": "out of reach"}
    assert slot.pictures() == everything
    slot.mount("two")
    world.index()
    world.index()
    away = {"Rose": "out of reach", "Meadow": "out of reach", "two": "here", "three": "out of reach"}
    assert slot.pictures() == away


def test_what_went_while_a_disk_was_away_is_missing_when_it_is_back(slot: Slot, world: World) -> None:
    slot.unmount()
    world.index()
    world.index()
    assert slot.pictures() == {"Rose": "out of reach", "Meadow": "out of reach"}
    slot.mount("one", "another number")
    slot.file("b").unlink()
    world.index()
    assert slot.pictures() == {"Rose": "here", "Meadow": "missing"}


def test_another_number_of_a_disk_that_is_there_changes_nothing(slot: Slot, world: World) -> None:
    slot.device = "another number"
    slot.file("b").unlink()
    world.index()
    assert slot.pictures() == {"Rose": "here", "Meadow": "missing"}


def test_a_mount_is_missed_although_numbers_were_given_anew(slot: Slot, world: World) -> None:
    """After a restart the disk below has the number that the mount had."""
    slot.unmount()
    slot.device = slot.others = "one"
    save_picture(slot.file("c"), BLUE)
    world.index()
    assert slot.pictures() == {"Rose": "out of reach", "Meadow": "out of reach", "slot/c.png": "here"}


def test_a_person_may_say_that_it_is_gone(slot: Slot, world: World) -> None:
    slot.unmount()
    world.index()
    world.index(gone=True)
    assert slot.pictures() == {"Rose": "missing", "Meadow": "missing"}


@pytest.mark.parametrize("later", [lambda slot: None, lambda slot: save_picture(slot.file("c"), BLUE)])
def test_a_root_that_was_empty_once_waits_for_its_files(
    slot: Slot, world: World, later: Callable[[Slot], object]
) -> None:
    slot.unmount()
    (world.folder / "always.png").rename(world.folder.parent / "aside.png")
    slot.device = slot.others
    for _ in range(2):
        with suppress(CannotIndex):  # it is empty
            world.index()
        later(slot)
    assert {slot.pictures()[title] for title in ("Rose", "Meadow", "always.png")} == {"out of reach"}
