"""From an RGB picture to the square a model sees: the checkpoint's own resize and crop."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.resizing import resize

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
    rounds: bool = False
    """Where the cut falls between two pixels: to the nearest even one (torchvision), else to the left."""

    @property
    def least_side(self) -> int:
        """Twice what is needed: a JPEG decoded at a reduced size no smaller than this keeps parity."""
        return 2 * (self.shortest_edge or max(self.height, self.width))

    def __call__(self, image: Image.Image) -> Pixels:
        """An RGB picture of any size to `(height, width, 3)`: the processor's numbers but for rounding.

        Of a very long picture only the centre is resized, which may differ by three: the processor
        would make four million columns of 20,000 x 1 pixels first.
        """
        if not self.shortest_edge:
            return resize(image, self.width, self.height, self.resample)
        width, height = self._resized(*image.size, self.shortest_edge)
        left, top = self._margin(width - self.width), self._margin(height - self.height)
        right, bottom = left + self.width, top + self.height
        if max(image.size) <= LONG * min(image.size):
            return resize(image, width, height, self.resample)[top:bottom, left:right]
        across, down = image.width / width, image.height / height
        box = (
            left * across,
            top * down,
            min(right * across, image.width),
            min(bottom * down, image.height),
        )
        return np.asarray(image.resize((self.width, self.height), self.resample, box))

    def _margin(self, spare: int) -> int:
        return round(spare / 2) if self.rounds else spare // 2

    @staticmethod
    def _resized(width: int, height: int, edge: int) -> tuple[int, int]:
        """The shorter edge becomes `edge`; the longer one is rounded down, as the processor does."""
        if width <= height:
            return edge, int(edge * height / width)
        return int(edge * width / height), edge


def read_geometry(path: Path) -> Geometry:
    """Read a `preprocessor_config.json`; `BrokenCheckpoint` when it asks for what isn't understood."""
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
    if edge and _is_convnext(config):
        size, crop, edge = _convnext_steps(edge, float(config.get("crop_pct") or 224 / 256))
        cropped = crop is not None
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


def _is_convnext(config: dict[str, Any]) -> bool:
    kind = config.get("image_processor_type") or config.get("feature_extractor_type") or ""
    return "crop_pct" in config or "ConvNext" in kind


def _convnext_steps(edge: int, crop_pct: float) -> tuple[dict[str, int], dict[str, int] | None, int | None]:
    """ConvNeXT's processor, ResNet's too, cuts from a larger picture; to 384 or more it squeezes."""
    square = {"height": edge, "width": edge}
    if edge >= 384:
        return square, None, None
    return square, square, int(edge / crop_pct)
