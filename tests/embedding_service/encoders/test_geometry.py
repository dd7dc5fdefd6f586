"""Our resize and crop show the model what the checkpoint's own processor shows it, but for rounding."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from transformers import (
    BitImageProcessorPil,
    CLIPImageProcessorPil,
    ConvNextImageProcessorPil,
    SiglipImageProcessorPil,
)

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.geometry import read_geometry
from tests.embedding_service.checkpoints import write_preprocessor
from tests.embedding_service.drawn import photo

SIZES = [
    (640, 480),
    (480, 640),
    (427, 640),
    (500, 333),
    (224, 224),
    (225, 224),
    (100, 80),
    (1, 1),
    (244, 1129),
]


def processed(folder: Path, image: Image.Image, kind: Any = CLIPImageProcessorPil) -> NDArray[np.uint8]:
    processor = kind.from_pretrained(folder)
    answer = processor(image, do_normalize=False, do_rescale=False, return_tensors="np")
    return np.asarray(answer["pixel_values"][0], np.uint8)


def assert_same(ours: Pixels, theirs: Pixels) -> None:
    """The very geometry and filter, but for rounding: by one of 255, hardly ever by two.

    Half a pixel aside, the photo's grain alone is six.
    """
    apart = np.abs(ours.transpose(2, 0, 1).astype(int) - theirs)
    assert apart.max() <= 2
    assert (apart > 1).mean() <= 1 / 5000
    assert apart.mean() <= 0.3


@pytest.mark.parametrize("side", [224, 32, 33])
@pytest.mark.parametrize("size", SIZES)
def test_equals_the_processor(tmp_path: Path, size: tuple[int, int], side: int) -> None:
    write_preprocessor(tmp_path, side)
    image = photo(*size)
    theirs = processed(tmp_path, image)
    assert_same(read_geometry(tmp_path / "preprocessor_config.json")(image), theirs)


# What the public checkpoints' files say.
PUBLIC: list[tuple[Any, dict[str, object]]] = [
    (SiglipImageProcessorPil, {"size": {"height": 224, "width": 224}, "resample": 3}),
    (SiglipImageProcessorPil, {"size": {"height": 224, "width": 224}, "resample": 2}),
    (BitImageProcessorPil, {"size": {"shortest_edge": 256}, "crop_size": {"height": 224, "width": 224}}),
    (ConvNextImageProcessorPil, {"size": 224, "crop_pct": 0.875, "resample": 3}),
    (ConvNextImageProcessorPil, {"size": {"shortest_edge": 224}, "crop_pct": 0.95, "resample": 2}),
    (ConvNextImageProcessorPil, {"size": {"shortest_edge": 384}, "resample": 3}),
]


@pytest.mark.parametrize(("kind", "settings"), PUBLIC)
def test_equals_each_familys_processor(tmp_path: Path, kind: Any, settings: dict[str, object]) -> None:
    rest = {"image_processor_type": kind.__name__.removesuffix("Pil"), "resample": 3}
    means = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.3, 0.4]}
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps(rest | means | settings))
    for size in SIZES:
        assert_same(read_geometry(path)(photo(*size)), processed(tmp_path, photo(*size), kind))


@pytest.mark.parametrize("size", [(1200, 90), (90, 1200), (37, 501)])
def test_long_pictures_differ_in_the_last_bits(tmp_path: Path, size: tuple[int, int]) -> None:
    write_preprocessor(tmp_path, 224)
    ours = read_geometry(tmp_path / "preprocessor_config.json")(photo(*size)).astype(int)
    theirs = processed(tmp_path, photo(*size)).astype(int)
    assert np.abs(ours.transpose(2, 0, 1) - theirs).max() <= 3


def test_a_very_long_picture_costs_little(tmp_path: Path) -> None:
    write_preprocessor(tmp_path, 224)
    geometry = read_geometry(tmp_path / "preprocessor_config.json")
    assert geometry(Image.new("RGB", (20_000, 1), "red")).shape == (224, 224, 3)
    assert geometry(Image.new("RGB", (1, 20_000), "red")).shape == (224, 224, 3)


def test_old_files_give_plain_numbers(tmp_path: Path) -> None:
    path = tmp_path / "preprocessor_config.json"
    path.write_text(
        json.dumps({"size": 32, "crop_size": 32, "image_mean": [0, 0, 0], "image_std": [1, 1, 1]})
    )
    assert read_geometry(path)(photo(60, 40)).shape == (32, 32, 3)


def test_squeezed_without_a_crop(tmp_path: Path) -> None:
    path = tmp_path / "preprocessor_config.json"
    config = {
        "size": {"height": 32, "width": 48},
        "do_center_crop": False,
        "image_mean": [0],
        "image_std": [1],
    }
    path.write_text(json.dumps(config))
    assert read_geometry(path)(photo(60, 40)).shape == (32, 48, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"size": {"longest_edge": 32}},
        {"do_normalize": False},
        {"crop_size": {"height": 64, "width": 64}},
        {"size": None},
        {"image_mean": "grey"},
    ],
)
def test_what_is_not_understood_is_said(tmp_path: Path, change: dict[str, object]) -> None:
    write_preprocessor(tmp_path, 32)
    path = tmp_path / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BrokenCheckpoint, match=r"preprocessor_config\.json"):
        read_geometry(path)
