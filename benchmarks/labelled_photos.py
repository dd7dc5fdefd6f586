"""Photos with labels to measure encoders on: COCO128's archive, or a folder with one sub-folder a label."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.retrieval import read_coco

_SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp"))
_LONGEST_SIDE = 640  # more than any encoder here looks at


@dataclass(frozen=True)
class LabelledPhotos:
    images: list[Image.Image]
    labels: list[frozenset[str]]

    @classmethod
    def read(cls, source: Path, ignore: frozenset[str], most: int) -> "LabelledPhotos":
        """Up to `most` of them, evenly from the whole; without the labels that are to say nothing."""
        images, labels = _of_archive(source) if source.is_file() else _of_folder(source, most)
        step = -(-len(images) // most)
        return cls(images[::step], [found - ignore for found in labels[::step]])


def _of_archive(source: Path) -> tuple[list[Image.Image], list[frozenset[str]]]:
    coco = read_coco(source)
    return coco.images, [frozenset(coco.names[number] for number in found) for found in coco.categories]


def _of_folder(source: Path, most: int) -> tuple[list[Image.Image], list[frozenset[str]]]:
    paths = sorted(path for path in source.glob("*/**/*") if path.suffix.lower() in _SUFFIXES)
    paths = paths[:: -(-len(paths) // most) or 1]
    return [_opened(path) for path in paths], [
        frozenset({path.relative_to(source).parts[0]}) for path in paths
    ]


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        return ImageOps.exif_transpose(image).convert("RGB")
