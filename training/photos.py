"""Photos that the picture side is fitted on: single things, and scenes pasted from them. Never COCO128."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from PIL import Image

SINGLE, SCENES = 600, 300
_WIDE, _UPRIGHT = (640, 480), (480, 640)


@dataclass(frozen=True)
class Photo:
    image: Image.Image
    labels: frozenset[str]


def photos(folder: Path) -> Iterator[Photo]:
    """`SINGLE` photos of Caltech-101, then `SCENES` of two to four things, the same each time."""
    caltech = _read(folder / "photos-caltech.tar.gz")
    for name in caltech.names[:: len(caltech.names) // SINGLE + 1]:
        yield Photo(caltech.open(name), frozenset({_label(name)}))
    for number in range(SCENES):
        yield _scene([caltech, _read(folder / "photos-val.tar.gz")], number)


def val(folder: Path, count: int) -> Iterator[Photo]:
    """Every so manieth photo of the classes that `val/` shares with ImageNet."""
    archive = _read(folder / "photos-val.tar.gz")
    for name in archive.names[:: max(1, len(archive.names) // count)]:
        yield Photo(archive.open(name), frozenset({_label(name)}))


@dataclass(frozen=True)
class _Archive:
    content: dict[str, bytes]

    @property
    def names(self) -> list[str]:
        return sorted(self.content)

    def open(self, name: str) -> Image.Image:
        return Image.open(io.BytesIO(self.content[name])).convert("RGB")


_opened: dict[Path, _Archive] = {}


def _read(path: Path) -> _Archive:
    if path not in _opened:
        with tarfile.open(path) as archive:
            files = ((member, archive.extractfile(member)) for member in archive if member.isfile())
            _opened[path] = _Archive({member.name: file.read() for member, file in files if file})
    return _opened[path]


def _label(name: str) -> str:
    return Path(name).parent.name


def _scene(archives: list[_Archive], number: int) -> Photo:
    """One photo enlarged as the background, and one to three others on it."""
    random = Random(number)  # noqa: S311 - pictures, not secrets
    width, height = _WIDE if random.random() < 0.7 else _UPRIGHT
    names = [
        (archive, random.choice(archive.names))
        for archive in random.choices(archives, k=random.randint(2, 4))
    ]
    canvas, *others = [archive.open(name) for archive, name in names]
    canvas = canvas.resize((width, height), Image.Resampling.BICUBIC)
    for other in others:
        scale = random.uniform(0.3, 0.6) * min(width, height) / max(other.size)
        pasted = other.resize(
            (max(8, int(other.width * scale)), max(8, int(other.height * scale))), Image.Resampling.BICUBIC
        )
        canvas.paste(
            pasted, (random.randint(0, width - pasted.width), random.randint(0, height - pasted.height))
        )
    return Photo(canvas, frozenset(_label(name) for _, name in names))
