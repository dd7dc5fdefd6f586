"""torch's resizing of bytes is Pillow's but for rounding, whatever the sizes."""

import numpy as np
import pytest
from PIL import Image

from embedding_service.encoders.resizing import LARGE, resize
from tests.embedding_service.drawn import photo

FILTERS = [Image.Resampling.BICUBIC, Image.Resampling.BILINEAR]


@pytest.mark.parametrize("resample", FILTERS)
@pytest.mark.parametrize("size", [(640, 480), (333, 500), (224, 300), (97, 61), (1, 1), (2, 15)])
@pytest.mark.parametrize("target", [(298, 224), (224, 224), (33, 96)])
def test_as_pillow_resizes(
    size: tuple[int, int], target: tuple[int, int], resample: Image.Resampling
) -> None:
    image = photo(*size)
    ours, theirs = resize(image, *target, resample), np.asarray(image.resize(target, resample))
    assert ours.shape == theirs.shape
    assert ours.dtype == np.uint8
    apart = np.abs(ours.astype(int) - theirs)
    assert apart.max() <= 2
    assert (apart > 1).mean() <= 1 / 5000
    if min(target) / max(target) == min(size) / max(size):
        assert apart.mean() <= 0.01


@pytest.mark.parametrize("resample", FILTERS)
def test_hard_edges_are_not_wrapped_around(resample: Image.Resampling) -> None:
    """Bicubic overshoots at an edge between black and white: that must end at 0 and 255."""
    image = Image.fromarray(
        np.tile(np.array([[0, 255], [255, 0]], np.uint8).repeat(20, 0).repeat(20, 1), (5, 5))
    )
    image = image.convert("RGB")
    for target in ((90, 70), (500, 400)):
        theirs = np.asarray(image.resize(target, resample)).astype(int)
        assert np.abs(resize(image, *target, resample) - theirs).max() <= 2


def test_the_same_size_is_the_same_picture() -> None:
    image = photo(50, 40)
    np.testing.assert_array_equal(resize(image, 50, 40, Image.Resampling.BICUBIC), np.asarray(image))


@pytest.mark.parametrize(
    ("size", "resample"),
    [((LARGE // 2000, 2000), Image.Resampling.BICUBIC), ((64, 48), Image.Resampling.LANCZOS)],
)
def test_large_pictures_and_other_filters_are_left_to_pillow(
    size: tuple[int, int], resample: Image.Resampling
) -> None:
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    np.testing.assert_array_equal(
        resize(image, 30, 20, resample), np.asarray(image.resize((30, 20), resample))
    )
