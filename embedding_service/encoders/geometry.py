"""From an RGB picture to the square a model sees: the checkpoint's own resize and crop."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from embedding_service.encoders.base import Pixels
from embedding_service.encoders.checkpoint import BrokenCheckpoint

LONG = 8
"""Pictures longer than this many times their width (or wider than their height) are cropped first."""


@dataclass(frozen=True)
class Geometry:
    """What `preprocessor_config.json` says: resize the shorter edge, cut the centre.

    `shortest_edge` None: the picture is squeezed to the crop's size instead.
    """

    shortest_edge: int | None
    height: int
    width: int
    resample: Image.Resampling
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, image: Image.Image) -> Pixels:
        """An RGB picture of any size to `(height, width, 3)`, equal to the processor's to the last bit.

        Of a very long picture only the centre is resized, which may differ in the last bits: the processor
        would make four million columns of 20,000 x 1 pixels first.
        """
        if not self.shortest_edge:
            return np.asarray(image.resize((self.width, self.height), self.resample))
        width, height = self._resized(*image.size, self.shortest_edge)
        left, top = (width - self.width) // 2, (height - self.height) // 2
        right, bottom = left + self.width, top + self.height
        if max(image.size) <= LONG * min(image.size):
            resized = image.resize((width, height), self.resample)
            return np.asarray(resized.crop((left, top, right, bottom)))
        across, down = image.width / width, image.height / height
        box = (
            left * across,
            top * down,
            min(right * across, image.width),
            min(bottom * down, image.height),
        )
        return np.asarray(image.resize((self.width, self.height), self.resample, box))

    @staticmethod
    def _resized(width: int, height: int, edge: int) -> tuple[int, int]:
        """The shorter edge becomes `edge`; the longer one is rounded down, as the processor does."""
        if width <= height:
            return edge, int(edge * height / width)
        return int(edge * width / height), edge


def read_geometry(path: Path) -> Geometry:
    """Read a CLIP-like `preprocessor_config.json`; `BrokenCheckpoint` when it asks for anything else."""
    try:
        return _parse(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenCheckpoint(f"{path}: not a preprocessor this service understands ({error})") from error


def _parse(config: dict[str, Any]) -> Geometry:
    size, crop = config["size"], config.get("crop_size")
    size = {"shortest_edge": size} if isinstance(size, int) else size
    crop = {"height": crop, "width": crop} if isinstance(crop, int) else crop
    for step in ("do_resize", "do_rescale", "do_normalize"):
        if not config.get(step, True):
            raise ValueError(f"{step} is off")
    cropped = config.get("do_center_crop", True) and crop is not None
    edge = size.get("shortest_edge")
    if edge is None and not cropped:
        target = size
    elif edge and crop and cropped and max(crop["height"], crop["width"]) <= edge:
        target = crop
    else:
        raise ValueError(f"size {size} with crop {crop}")
    return Geometry(
        shortest_edge=edge,
        height=int(target["height"]),
        width=int(target["width"]),
        resample=Image.Resampling(config.get("resample", Image.Resampling.BICUBIC)),
        scale=float(config.get("rescale_factor", 1 / 255)),
        mean=tuple(map(float, config["image_mean"])),
        std=tuple(map(float, config["image_std"])),
    )
