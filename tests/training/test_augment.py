"""Crops keep what a picture shows, and the same seed changes pictures in the same way."""

import torch

from training.augment import augment, normalise


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_same_seed_gives_the_same_pictures() -> None:
    pixels = torch.randint(0, 256, (4, 64, 64, 3), dtype=torch.uint8, generator=generator())
    torch.testing.assert_close(augment(pixels, 40, generator()), augment(pixels, 40, generator()))


def test_a_red_picture_stays_red_at_any_side() -> None:
    pixels = torch.zeros(8, 64, 64, 3, dtype=torch.uint8)
    pixels[..., 0] = 255
    for side in (40, 64):
        changed = augment(pixels, side, generator())
        assert changed.shape == (8, 3, side, side)
        assert (changed[:, 0] > changed[:, 1] + 1).all()


def test_normalised_grey_is_near_zero() -> None:
    assert normalise(torch.full((1, 8, 8, 3), 114, dtype=torch.uint8)).abs().max() < 0.3
