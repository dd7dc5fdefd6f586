"""The sample gallery: 128 different pictures in 16 families that a plain comparison can tell apart."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from aggregate_service.sample_gallery import FAMILIES, draw_sample_gallery


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gallery") / "made" / "for-it"
    draw_sample_gallery(folder)
    return folder


def layout(path: Path) -> NDArray[np.float64]:
    """A unit vector of the picture's colours on a 6 × 6 grid, less the overall mean grey."""
    with Image.open(path) as picture:
        grid = np.asarray(picture.convert("RGB").resize((6, 6), Image.Resampling.BOX), np.float64)
    vector = grid.ravel() - 128
    return vector / np.linalg.norm(vector)


def digests(folder: Path) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())]


def test_it_holds_eight_jpegs_of_each_of_sixteen_families(gallery: Path) -> None:
    names = sorted(path.name for path in gallery.iterdir())
    assert len(FAMILIES) == 16
    assert names == [f"{family}-{number:02d}.jpg" for family in sorted(FAMILIES) for number in range(1, 9)]


def test_pictures_are_small_and_some_stand_upright(gallery: Path) -> None:
    sizes = []
    for path in gallery.iterdir():
        with Image.open(path) as picture:
            assert picture.format == "JPEG"
            assert picture.mode == "RGB"
            sizes.append(picture.size)
    assert set(sizes) == {(480, 360), (360, 480)}
    assert sizes.count((360, 480)) == 32


def test_it_is_the_same_each_time_and_tells_its_progress(gallery: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    draw_sample_gallery(tmp_path, lambda done, total: told.append((done, total)))
    assert digests(tmp_path) == digests(gallery)
    assert told == [(done, 128) for done in range(1, 129)]


def test_no_two_pictures_are_alike(gallery: Path) -> None:
    assert len(set(digests(gallery))) == 128
    vectors = np.stack([layout(path) for path in sorted(gallery.iterdir())])
    likeness = vectors @ vectors.T - np.eye(128)
    assert likeness.max() < 0.9995


def test_a_picture_is_nearest_to_its_own_family_far_above_chance(gallery: Path) -> None:
    paths = sorted(gallery.iterdir())
    families = np.array([path.name.split("-")[0] for path in paths])
    vectors = np.stack([layout(path) for path in paths])
    nearest = (vectors @ vectors.T - 2 * np.eye(128)).argmax(axis=1)
    share = float((families[nearest] == families).mean())
    assert share > 0.4, f"chance is 7/127 = 0.055, got {share:.2f}"
