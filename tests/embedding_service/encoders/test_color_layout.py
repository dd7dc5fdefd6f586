"""The encoder without weights finds the same and the similar, and never changes its mind."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from embedding_service.encoders.color_layout import ColorLayoutEncoder
from embedding_service.encoders.specs import BY_NAME
from tests.embedding_service.drawn import photo, quadrants

ENCODER = ColorLayoutEncoder(BY_NAME["color-layout"])
PHOTOS = [photo(320, 240, seed) for seed in range(24)]


def ranks(changed: list[Image.Image]) -> list[int]:
    """For each changed picture, the place of its original among all of them (0 is first)."""
    scores = ENCODER.embed_images(changed) @ ENCODER.embed_images(PHOTOS).T
    return [int((scores[i] > scores[i, i]).sum()) for i in range(len(changed))]


def test_canonical_values() -> None:
    """Stored vectors are worth nothing once these change: then the row's revision must change too."""
    shaded = Image.blend(quadrants(256, 256), Image.linear_gradient("L").convert("RGB"), 0.5)
    vector = ENCODER.embed_images([shaded])[0]
    np.testing.assert_allclose(vector[PLACES], CANONICAL, atol=2e-4)


PLACES = [17, 29, 55, 100, 200, 336, 337, 342, 372, 390, 405, 550, 700, 787]
CANONICAL = [
    0.1052,
    0.1763,
    0.1178,
    -0.0092,
    -0.0067,
    0.0535,
    -0.071,
    -0.0707,
    0.0091,
    -0.0,
    -0.0204,
    -0.0204,
    -0.0204,
    -0.0204,
]


def test_the_same_picture_scores_one() -> None:
    vector = ENCODER.embed_images([PHOTOS[0]])[0]
    assert vector @ vector == pytest.approx(1)


def test_unrelated_pictures_score_low() -> None:
    vectors = ENCODER.embed_images(PHOTOS)
    scores = (vectors @ vectors.T)[np.triu_indices(len(PHOTOS), 1)]
    assert abs(scores.mean()) < 0.45


@pytest.mark.parametrize("share", [0.5, 0.25, 2.0])
def test_finds_another_size(share: float) -> None:
    changed = [p.resize((int(p.width * share), int(p.height * share))) for p in PHOTOS]
    assert ranks(changed) == [0] * len(PHOTOS)


def test_finds_a_cropped_brighter_paler_copy() -> None:
    cropped = [p.crop((15, 10, 310, 235)) for p in PHOTOS]
    brighter = [ImageEnhance.Brightness(p).enhance(1.2) for p in cropped]
    assert ranks([ImageEnhance.Color(p).enhance(0.75) for p in brighter]) == [0] * len(PHOTOS)


def test_a_red_picture_is_nearer_to_red_than_to_blue() -> None:
    red, darker, blue = (Image.new("RGB", (50, 50), c) for c in ("#e02020", "#b01818", "#2020e0"))
    vectors = ENCODER.embed_images([red, darker, blue])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.3
