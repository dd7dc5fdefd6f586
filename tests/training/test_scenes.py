"""Scenes are made of whole photos, and say how much of each they show."""

import torch

from training.scenes import PARTS, lay_on, put_together, scenes


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def plain(*levels: int) -> torch.Tensor:
    """Photos of one grey each, bytes `(n, 64, 64, 3)`."""
    return torch.tensor(levels, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 64, 64, 3).contiguous()


def test_every_scene_has_its_shares() -> None:
    pictures, shares = scenes(plain(*range(8 * PARTS)), 40, generator())
    assert pictures.shape == (8, 3, 40, 40)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(8))
    assert (shares > 0).sum(dim=1).tolist() == [4] * 4 + [2] * 4


def test_quarters_stand_in_the_order_of_their_photos() -> None:
    parts = torch.arange(8.0).view(8, 1, 1, 1).expand(8, 3, 2, 2)
    first, second = put_together(parts)
    assert first[0].tolist() == [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
    assert second.unique().tolist() == [4, 5, 6, 7]


def test_a_small_photo_lies_within_a_large_one() -> None:
    seen = lay_on(torch.full((6, 3, 64, 64), 9.0), plain(*[128] * 6), generator())
    covered = (seen != 9).all(dim=1).flatten(1).float().mean(dim=1)
    assert ((covered > 0.1) & (covered < 0.6)).all()


def test_the_same_seed_gives_the_same_scenes() -> None:
    pixels = torch.randint(0, 256, (16, 64, 64, 3), dtype=torch.uint8, generator=generator())
    torch.testing.assert_close(scenes(pixels, 40, generator()), scenes(pixels, 40, generator()))
