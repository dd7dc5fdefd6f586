"""Folders as people treat them, and what must be true of their pictures after each scan."""

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Protocol

from tests.aggregate_service.conftest import save_picture

ROOTS = ("one", "two")
MOUNT = "one/nas"


@dataclass(frozen=True)
class Seen:
    """A picture as the product tells of it; `path` is the one in its root."""

    id: int
    sha256: str
    path: str
    title: str | None
    missing: bool
    unreachable: bool


class Library(Protocol):
    """The product over the folders `ROOTS` of `folder`; a disk may be mounted at `MOUNT`."""

    folder: Path

    def scan(self) -> int:
        """Look through the folders that are there, to the end; how many pictures were embedded."""

    def pictures(self) -> list[Seen]:
        """All that it knows, those too that are missing."""

    def vectors(self) -> set[int]: ...
    def set_title(self, picture_id: int, title: str) -> None: ...
    def delete(self, picture_id: int) -> None: ...
    def restore(self, picture_id: int) -> int:
        """The id that it has now."""

    def mount(self, disk: str) -> None: ...
    def unmount(self) -> None:
        """The files of the disk are gone with it, and there again when it is mounted."""

    def restart(self) -> None: ...


@dataclass
class LivingFolder:
    """`contents` says which colour each file has; what a person said of a colour is in `titles`."""

    library: Library
    random: Random
    contents: dict[str, int] = field(default_factory=dict)
    mounted: str = ""
    """Which disk is mounted in `MOUNT`; empty: none."""
    shelf: dict[str, dict[str, int]] = field(default_factory=lambda: {"card": {}, "share": {}})
    """Files of the disks that aren't mounted."""
    ids: dict[int, int] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    kept_out: set[int] = field(default_factory=set)
    deleted: dict[int, int] = field(default_factory=dict)
    colours: int = 0
    done: list[str] = field(default_factory=list)
    _seen: dict[str, set[int]] = field(default_factory=dict)
    """What the last scan of each disk found on it."""
    _vectors: set[int] = field(default_factory=set)
    """After the last scan."""
    _new: set[int] = field(default_factory=set)
    """Colours that were written since."""
    _colours: dict[str, int] = field(default_factory=dict)
    """By the hash of a content."""

    def __post_init__(self) -> None:
        for path in ("one/a.png", "one/b.png", "one/trip/c.png"):
            self._write(path, self._new_colour())
        self._mount("share")
        for path in (f"{MOUNT}/d.png", f"{MOUNT}/e.png"):
            self._write(path, self._new_colour())

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
            self.move_to_other_root,
            self.swap,
            self.remove,
            self.unmount,
            self.mount,
            self.library.restart,
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
        if self.contents:
            path = self._a_path()
            folder, _, name = path.rpartition("/")
            if (renamed := f"{folder}/{name.swapcase()}") not in self.contents:
                self._move(path, renamed)

    def move_folder(self) -> None:
        for path in [path for path in self.contents if path.startswith("one/trip/")]:
            self._move(path, f"one/holiday {len(self.done)}/{path.removeprefix('one/trip/')}")

    def move_to_other_root(self) -> None:
        if self.contents:
            path = self._a_path()
            to = ROOTS[1 - ROOTS.index(path.partition("/")[0])]
            self._move(path, f"{to}/moved {len(self.done)} {path.rpartition('/')[2]}")

    def swap(self) -> None:
        if len(self.contents) > 1:
            one, other = self.random.sample(sorted(self.contents), 2)
            self._move(one, "one/swapping.png")
            self._move(other, one)
            self._move("one/swapping.png", other)

    def remove(self) -> None:
        if len(self.contents) > 1:
            path = self._a_path()
            self._file(path).unlink()
            del self.contents[path]

    def unmount(self) -> None:
        if self.mounted:
            there = [path for path in self.contents if path.startswith(f"{MOUNT}/")]
            self.shelf[self.mounted] = {path: self.contents.pop(path) for path in there}
            self.library.unmount()
            self.mounted = ""

    def mount(self) -> None:
        """A disk of those that aren't, in place of the one that is; the card is a camera's."""
        self._mount(self.random.choice(sorted(self.shelf)))

    def _mount(self, disk: str) -> None:
        self.unmount()
        self.library.mount(disk)
        self.contents |= self.shelf.pop(disk)
        self.mounted = disk

    def delete(self) -> None:
        if shown := [picture for picture in self.library.pictures() if not picture.missing]:
            picture = self.random.choice(sorted(shown, key=lambda picture: picture.id))
            self.library.delete(picture.id)
            colour = self._colours[picture.sha256]
            self.kept_out.add(colour)
            self.deleted[colour] = picture.id
            self.ids.pop(colour, None)

    def restore(self) -> None:
        if self.deleted:
            colour = self.random.choice(sorted(self.deleted))
            self.ids[colour] = self.library.restore(self.deleted.pop(colour))
            self.kept_out.discard(colour)

    def scan(self) -> None:
        """Look through the folders, and check all that must be true then."""
        embedded = self.library.scan()
        pictures = self.library.pictures()
        shown = {self._colours[picture.sha256]: picture for picture in pictures if not picture.missing}
        hidden = {picture.id: picture for picture in pictures if picture.missing}
        there = set(self.contents.values()) - self.kept_out
        assert set(shown) == there, self.done
        lacking = [colour for colour in there | self._new if self.ids.get(colour) not in self._vectors]
        assert embedded <= len(lacking), self.done
        vectors = self.library.vectors()
        for colour, picture in shown.items():
            assert picture.id in vectors, self.done
            self._check_shown(colour, picture)
        self._check_hidden(hidden, there)
        if self.mounted:
            there = {at for path, at in self.contents.items() if path.startswith(f"{MOUNT}/")}
            self._seen[self.mounted] = there - self.kept_out
        assert vectors <= {picture.id for picture in pictures} | set(self.deleted.values()), self.done
        self._vectors, self._new = vectors, set()

    def _check_shown(self, colour: int, picture: Seen) -> None:
        assert self.ids.setdefault(colour, picture.id) == picture.id, (self.done, colour)
        paths = {path.partition("/")[2] for path, at in self.contents.items() if at == colour}
        assert picture.path in paths, self.done
        if colour in self.titles:
            assert picture.title == self.titles[colour], self.done
        else:
            self.titles[colour] = f"colour {colour}"
            self.library.set_title(picture.id, self.titles[colour])

    def _check_hidden(self, hidden: dict[int, Seen], there: set[int]) -> None:
        waiting = {
            at
            for disk, files in self.shelf.items()
            for at in files.values()
            if at in self._seen.get(disk, ())
        }
        for colour, id_ in self.ids.items():
            if colour not in there:
                assert id_ in hidden, (self.done, colour)
                assert hidden[id_].unreachable or colour not in waiting, (self.done, colour)

    def _write(self, path: str, colour: int) -> None:
        file = save_picture(self._file(path), (colour % 256, colour // 256, 40))
        self._colours[hashlib.sha256(file.read_bytes()).hexdigest()] = colour
        self.contents[path] = colour
        self._new.add(colour)

    def _move(self, path: str, to: str) -> None:
        self._file(to).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self._file(path), self._file(to))  # to another disk, it may be
        self.contents[to] = self.contents.pop(path)

    def _new_colour(self) -> int:
        self.colours += 1
        return self.colours

    def _a_path(self) -> str:
        return self.random.choice(sorted(self.contents))

    def _new_path(self) -> str:
        folder = self.random.choice(("one/", "one/trip/", f"{MOUNT}/" if self.mounted else "two/"))
        if folder != "one/" and (name := self._name_of_a_camera(folder)):
            return name
        return f"{folder}new {len(self.done)} {self.random.random():.6f}.png"

    def _name_of_a_camera(self, folder: str) -> str | None:
        """Every card has the same ones."""
        names = [f"{folder}IMG_{number}.png" for number in range(1, 4)]
        return next((name for name in names if name not in self.contents), None)

    def _file(self, path: str) -> Path:
        return self.library.folder / path
