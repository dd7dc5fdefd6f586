"""A folder as people treat it, and what must be true of its pictures after each scan."""

import asyncio
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs import scanner
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.scan import Scan, scan_folder
from aggregate_service.main import image_store
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION
from tests.aggregate_service.samples import all_pictures

MOUNT = "nas"


@dataclass
class LivingFolder:
    """`contents` says which colour each file has; what a person said of a colour is in `titles`."""

    world: World
    random: Random
    patch: pytest.MonkeyPatch
    contents: dict[str, int] = field(default_factory=dict)
    mounted: str = "share"
    """Which disk is mounted in `MOUNT`; empty: none."""
    shelf: dict[str, dict[str, int]] = field(default_factory=lambda: {"card": {}})
    """Files of the disks that aren't mounted."""
    ids: dict[int, int] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    kept_out: set[int] = field(default_factory=set)
    deleted: dict[int, int] = field(default_factory=dict)
    colours: int = 0
    done: list[str] = field(default_factory=list)
    _boots: int = 0
    _seen: dict[str, set[int]] = field(default_factory=dict)
    """What the last scan of each disk found on it."""
    _sha256: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.patch.setattr(scanner, "scan_folder", self._scan)
        for file in self.world.folder.rglob("*.*"):
            file.unlink()
        for path in ("a.png", "b.png", "trip/c.png", f"{MOUNT}/d.png", f"{MOUNT}/e.png"):
            self._write(path, self._new_colour())

    def _scan(self, *given: Any) -> Scan:
        scan = scan_folder(*given)
        device = f"{self.mounted or 'disk'} {self._boots}"
        scan.devices.update(dict.fromkeys(scan.devices, f"disk {self._boots}"))
        scan.devices.update({path: device for path in scan.devices if path.split("/")[0] == MOUNT})
        return scan

    def step(self) -> None:
        """Something that people do, or that happens."""
        steps = (
            self.create,
            self.copy,
            self.edit,
            self.edit_quietly,
            self.rename,
            self.rename_case,
            self.move_folder,
            self.swap,
            self.remove,
            self.unmount,
            self.mount,
            self.restart,
            self.delete,
            self.restore,
        )
        step = self.random.choice(steps)
        self.done.append(step.__name__)
        step()

    def create(self) -> None:
        self._write(self._new_path(), self._new_colour())

    def copy(self) -> None:
        if self.contents:
            self._write(self._new_path(), self.contents[self._a_path()])

    def edit(self) -> None:
        if self.contents:
            self._write(self._a_path(), self._new_colour())

    def edit_quietly(self) -> None:
        """Another picture of the same size, with the time of the old one."""
        if self.contents:
            path = self._a_path()
            before = self._file(path).stat()
            self._write(path, self._new_colour())
            os.utime(self._file(path), ns=(before.st_atime_ns, before.st_mtime_ns))

    def rename(self) -> None:
        if self.contents:
            self._move(self._a_path(), self._new_path())

    def rename_case(self) -> None:
        if self.contents and (path := self._a_path()).swapcase() not in self.contents:
            folder, _, name = path.rpartition("/")
            self._move(path, f"{folder}/{name.swapcase()}".lstrip("/"))

    def move_folder(self) -> None:
        for path in [path for path in self.contents if path.startswith("trip/")]:
            self._move(path, f"holiday {len(self.done)}/{path.removeprefix('trip/')}")

    def swap(self) -> None:
        if len(self.contents) > 1:
            one, other = self.random.sample(sorted(self.contents), 2)
            self._move(one, "swapping.png")
            self._move(other, one)
            self._move("swapping.png", other)

    def remove(self) -> None:
        if len(self.contents) > 1:
            path = self._a_path()
            self._file(path).unlink()
            del self.contents[path]

    def unmount(self) -> None:
        if self.mounted:
            there = [path for path in self.contents if path.startswith(f"{MOUNT}/")]
            self.shelf[self.mounted] = {path: self.contents.pop(path) for path in there}
            self._carry(self.mounted, there, away=True)
            self.mounted = ""

    def mount(self) -> None:
        """A disk of those that aren't, in place of the one that is; the card is a camera's."""
        disk = self.random.choice(sorted(self.shelf))
        self.unmount()
        back = self.shelf.pop(disk)
        self.contents |= back
        self._carry(disk, back, away=False)
        self.mounted = disk

    def restart(self) -> None:
        """The numbers of devices change."""
        self._boots += 1

    def _carry(self, disk: str, paths: Iterable[str], *, away: bool) -> None:
        for path in paths:
            here, there = self._file(path), self.world.folder.parent / disk / path
            for file in (here, there):
                file.parent.mkdir(parents=True, exist_ok=True)
            (here if away else there).rename(there if away else here)

    def delete(self) -> None:
        catalog = self.world.catalog()
        shown = all_pictures(catalog)
        if shown:
            picture = self.random.choice(shown)
            colour = self._colour_of(picture)
            self._run(catalog, [picture.id])
            self.kept_out.add(colour)
            self.deleted[colour] = picture.id
            self.ids.pop(colour, None)
        catalog.close()

    def restore(self) -> None:
        if self.deleted:
            colour = self.random.choice(sorted(self.deleted))
            catalog = self.world.catalog()
            self.ids[colour] = catalog.restore(self.deleted.pop(colour), 0).id
            self.kept_out.discard(colour)
            catalog.close()

    def scan(self) -> None:
        """Look through the folder, and check all that must be true then."""
        self.world.embedding.embedded_files.clear()
        before = set(self.world.search.vectors.get(COLLECTION, ()))
        self.world.index()
        catalog = self.world.catalog()
        shown = {self._colour_of(picture): picture for picture in all_pictures(catalog)}
        there = set(self.contents.values()) - self.kept_out
        assert set(shown) == there, self.done
        lacking = [colour for colour in there if self.ids.get(colour) not in before]
        assert len(self.world.embedding.embedded_files) <= len(lacking), self.done
        vectors = self.world.search.vectors[COLLECTION]
        for colour, picture in shown.items():
            assert self.ids.setdefault(colour, picture.id) == picture.id, (self.done, colour)
            assert picture.id in vectors, self.done
            assert picture.path in {path for path, at in self.contents.items() if at == colour}, self.done
            if colour in self.titles:
                assert picture.title == self.titles[colour], self.done
            else:
                self.titles[colour] = f"colour {colour}"
                catalog.set_title(picture.id, self.titles[colour])
        self._check_hidden(catalog, there)
        if self.mounted:
            there = {at for path, at in self.contents.items() if path.startswith(f"{MOUNT}/")}
            self._seen[self.mounted] = there - self.kept_out
        known = set(catalog.pictures(vectors)) | set(self.deleted.values())
        assert set(vectors) <= known, self.done
        catalog.close()

    def _check_hidden(self, catalog: Catalog, there: set[int]) -> None:
        waiting = {
            at
            for disk, files in self.shelf.items()
            for at in files.values()
            if at in self._seen.get(disk, ())
        }
        for colour, id_ in self.ids.items():
            if colour not in there:
                picture = catalog.picture(id_)
                assert picture is not None, (self.done, colour)
                assert picture.missing_since is not None, self.done
                if colour in waiting:
                    assert picture.unreachable, (self.done, colour)

    def _run(self, catalog: Catalog, ids: list[int]) -> None:
        async def delete() -> None:
            search = self.world.search_client()
            search.write_for(catalog.identity)
            store = image_store(self.world.settings, Gallery(catalog, self.world.folder))
            await Deleter(catalog, search, store, 1e9).delete(ids)
            await search.close()

        asyncio.run(delete())

    def _colour_of(self, picture: Picture) -> int:
        return next(colour for colour, sha256 in self._sha256.items() if sha256 == picture.sha256)

    def _write(self, path: str, colour: int) -> None:
        file = save_picture(self._file(path), (colour % 256, colour // 256, 40))
        self._sha256[colour] = hashlib.sha256(file.read_bytes()).hexdigest()
        self.contents[path] = colour

    def _move(self, path: str, to: str) -> None:
        self._file(to).parent.mkdir(parents=True, exist_ok=True)
        self._file(path).rename(self._file(to))
        self.contents[to] = self.contents.pop(path)

    def _new_colour(self) -> int:
        self.colours += 1
        return self.colours

    def _a_path(self) -> str:
        return self.random.choice(sorted(self.contents))

    def _new_path(self) -> str:
        folder = self.random.choice(("", "trip/", f"{MOUNT}/" if self.mounted else ""))
        if folder and (name := self._name_of_a_camera(folder)):
            return name
        return f"{folder}new {len(self.done)} {self.random.random():.6f}.png"

    def _name_of_a_camera(self, folder: str) -> str | None:
        """Every card has the same ones."""
        names = [f"{folder}IMG_{number}.png" for number in range(1, 4)]
        return next((name for name in names if name not in self.contents), None)

    def _file(self, path: str) -> Path:
        return self.world.folder / path
