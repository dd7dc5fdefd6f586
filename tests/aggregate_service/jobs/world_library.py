"""The parts of the product as a library over living folders, with fakes and devices that a test gives."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aggregate_service.catalogue.catalog import Picture
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.errors import CannotIndex
from aggregate_service.jobs import scanner
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.scan import Scan, scan_folder
from aggregate_service.main import image_store
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import COLLECTION
from tests.aggregate_service.jobs.living_folder import MOUNT, ROOTS, Seen
from tests.aggregate_service.samples import all_pictures


class WorldLibrary:
    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self._world, self._boots, self._disk = world, 0, ""
        self.folder = world.folder.parent / "library"
        (self.folder / MOUNT).mkdir(parents=True)
        patch.setattr(scanner, "scan_folder", self._scan)

    def scan(self) -> int:
        self._world.embedding.embedded_files.clear()
        for root in ROOTS:
            if (self.folder / root).exists():
                with suppress(CannotIndex):  # it is empty
                    self._world.index(self.folder / root)
        return len(self._world.embedding.embedded_files)

    def pictures(self) -> list[Seen]:
        catalog = self._world.catalog()
        hidden = catalog.pictures(catalog.hidden()).values()
        found = [_seen(picture) for picture in (*all_pictures(catalog), *hidden)]
        catalog.close()
        return found

    def vectors(self) -> set[int]:
        return set(self._world.search.vectors.get(COLLECTION, ()))

    def set_title(self, picture_id: int, title: str) -> None:
        catalog = self._world.catalog()
        catalog.set_title(picture_id, title)
        catalog.close()

    def delete(self, picture_id: int) -> None:
        asyncio.run(self._delete(picture_id))

    def restore(self, picture_id: int) -> int:
        catalog = self._world.catalog()
        restored = catalog.restore(picture_id, 0).id
        catalog.close()
        return restored

    def mount(self, disk: str) -> None:
        at, aside = self.folder / MOUNT, self._aside(disk)
        at.rmdir()
        aside.mkdir(exist_ok=True)
        aside.rename(at)
        self._disk = disk

    def unmount(self) -> None:
        (self.folder / MOUNT).rename(self._aside(self._disk))
        (self.folder / MOUNT).mkdir()
        self._disk = ""

    def restart(self) -> None:
        """The numbers of devices change."""
        self._boots += 1

    def _scan(self, *given: Any) -> Scan:
        scan = scan_folder(*given)
        mounted, device = MOUNT.partition("/")[2], f"{self._disk or 'disk'} {self._boots}"
        for path in scan.devices:
            inside = scan.root.name == ROOTS[0] and path.split("/")[0] == mounted
            scan.devices[path] = device if inside else f"disk {self._boots}"
        return scan

    def _aside(self, disk: str) -> Path:
        return self.folder.parent / disk

    async def _delete(self, picture_id: int) -> None:
        catalog, search = self._world.catalog(), self._world.search_client()
        search.write_for(catalog.identity)
        store = image_store(self._world.settings, Gallery(catalog, self._world.folder))
        await Deleter(catalog, search, store, 1e9).delete([picture_id])
        await search.close()
        catalog.close()


def _seen(picture: Picture) -> Seen:
    missing = picture.missing_since is not None
    sha256 = picture.sha256 or ""
    return Seen(picture.id, sha256, picture.path, picture.title, missing, picture.unreachable)
