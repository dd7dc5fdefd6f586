"""The parts of the product as a library over living folders, with fakes and devices that a test gives."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.errors import CannotIndex
from aggregate_service.jobs import scanner
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.folder_jobs import FolderRun
from aggregate_service.jobs.scan import Scan, scan_folder
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import COLLECTION
from tests.aggregate_service.jobs.living_folder import MOUNT, ROOTS, Seen
from tests.aggregate_service.samples import all_pictures


class WorldLibrary:
    """To be used while it is `running`."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self._world, self._patch, self._boots, self._disk = world, patch, 0, ""
        self.folder = world.folder.parent / "library"
        (self.folder / MOUNT).mkdir(parents=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        with self._patch.context() as patch, asyncio.Runner() as self._loop:
            patch.setattr(scanner, "scan_folder", self._scan)
            self._start()
            try:
                yield
            finally:
                self._stop()

    def scan(self) -> int:
        self._world.embedding.embedded_files.clear()
        for root in ROOTS:
            if (self.folder / root).exists():
                with suppress(CannotIndex):  # it is empty
                    self._loop.run(self._parts.index(FolderRun(str(self.folder / root))))
        return len(self._world.embedding.embedded_files)

    def pictures(self) -> list[Seen]:
        hidden = self._catalog.pictures(self._catalog.hidden()).values()
        return [_seen(picture) for picture in (*all_pictures(self._catalog), *hidden)]

    def vectors(self) -> set[int]:
        return set(self._world.search.vectors.get(COLLECTION, ()))

    def set_title(self, picture_id: int, title: str) -> None:
        self._catalog.set_title(picture_id, title)

    def delete(self, picture_id: int) -> None:
        services = self._parts.services
        deleter = Deleter(services.catalog, services.search, services.store, 1e9)
        self._loop.run(deleter.delete([picture_id]))

    def restore(self, picture_id: int) -> int:
        return self._catalog.restore(picture_id, 0).id

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
        self._stop()
        self._start()

    @property
    def _catalog(self) -> Catalog:
        return self._parts.services.catalog

    def _start(self) -> None:
        self._process = AsyncExitStack()
        self._parts = self._loop.run(self._process.enter_async_context(self._world.opened()))

    def _stop(self) -> None:
        self._loop.run(self._process.aclose())

    def _scan(self, *given: Any) -> Scan:
        scan = scan_folder(*given)
        mounted, device = MOUNT.partition("/")[2], f"{self._disk or 'disk'} {self._boots}"
        for path in scan.devices:
            inside = scan.root.name == ROOTS[0] and path.split("/")[0] == mounted
            scan.devices[path] = device if inside else f"disk {self._boots}"
        return scan

    def _aside(self, disk: str) -> Path:
        return self.folder.parent / disk


def _seen(picture: Picture) -> Seen:
    missing = picture.missing_since is not None
    sha256 = picture.sha256 or ""
    return Seen(picture.id, sha256, picture.path, picture.title, missing, picture.unreachable)
