"""Labelled photos, decoded once into one uint8 array on disk that every epoch reads."""

from __future__ import annotations

import json
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 64
HELD_OUT = 5  # of each caltech label: too few to train on evenly, enough to choose by
PARTS = ("train-1", "train-2", "train-3", "val", "caltech")

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Photos:
    """Pictures `(n, 64, 64, 3)` and for each the index of its label in `labels`."""

    pixels: Pixels
    targets: npt.NDArray[np.int64]
    labels: list[str]


def decode(archives: Path, cache: Path) -> None:
    """Unpack `photos-*.tar.gz` into `cache`: `train` and `val`, the caltech part split between them."""
    pictures: dict[str, list[tuple[str, Pixels]]] = {"train": [], "val": []}
    for part in PARTS:
        caltech: dict[str, list[Pixels]] = {}
        for split, label, pixels in read_archive(archives / f"photos-{part}.tar.gz"):
            if split == "caltech":
                caltech.setdefault(label, []).append(pixels)
            else:
                pictures[split].append((label, pixels))
        for label, found in sorted(caltech.items()):
            random.Random(label).shuffle(found)  # noqa: S311
            pictures["val"] += [(f"caltech/{label}", pixels) for pixels in found[:HELD_OUT]]
            pictures["train"] += [(f"caltech/{label}", pixels) for pixels in found[HELD_OUT:]]
    labels = sorted({label for label, _ in pictures["train"]})
    cache.mkdir(parents=True, exist_ok=True)
    for split, rows in pictures.items():
        np.save(cache / f"{split}-pixels.npy", np.stack([pixels for _, pixels in rows]))
        np.save(cache / f"{split}-targets.npy", np.array([labels.index(label) for label, _ in rows]))
    (cache / "labels.json").write_text(json.dumps(labels))


def decoded(archives: Path, work: Path) -> Path:
    """The folder of the decoded photos within `work`, made if it isn't there yet."""
    cache = work / "photos"
    if not (cache / "labels.json").exists():
        decode(archives, cache)
    return cache


def read_archive(archive: Path) -> Iterator[tuple[str, str, Pixels]]:
    """Yield split, label and pixels of each picture."""
    for name, content in read_files(archive):
        split, label = name.split("/")[-3:-1]
        yield split, label, square(content)


def read_files(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of each file, in the order of their paths."""
    with tarfile.open(archive) as tar:
        opened = ((member.name, tar.extractfile(member)) for member in tar)
        files = {name: file.read() for name, file in opened if file is not None}
    yield from sorted(files.items())


def square(encoded: bytes) -> Pixels:
    """Decode and squash to 64 x 64 (the crops of training vary the shape anyway)."""
    picture = Image.open(BytesIO(encoded)).convert("RGB")
    if picture.size != (SIDE, SIDE):
        picture = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def load(cache: Path, split: str) -> Photos:
    """Open one decoded split; the pixels stay on disk until they are read."""
    pixels = np.load(cache / f"{split}-pixels.npy", mmap_mode="r")
    targets = np.load(cache / f"{split}-targets.npy")
    return Photos(pixels, targets, json.loads((cache / "labels.json").read_text()))
