"""Pictures that show several things: four side by side, or a small one laid on another."""

from __future__ import annotations

import torch
from torch import Tensor

from training.augment import augment

INSET = (0.4, 0.7)  # side of the small picture, as a share of the large one's
PARTS = 4  # photos that one scene is drawn from


def scenes(pixels: Tensor, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Bytes `(4n, h, w, 3)` to `n` normalised scenes, and the share `(n, 4n)` of each photo in each scene.

    The first half are four photos of half the side; in the others a small photo lies on a large one.
    """
    count = len(pixels) // PARTS
    half = count // 2
    shares = torch.zeros(count, len(pixels))
    parts = torch.arange(len(pixels)).view(count, PARTS)
    shares[:half].scatter_(1, parts[:half], 1 / PARTS)
    shares[half:].scatter_(1, parts[half:, :2], 1 / 2)
    quarters = put_together(augment(pixels[parts[:half].flatten()], side // 2, generator))
    grounds = augment(pixels[parts[half:, 0]], side, generator)
    return torch.cat([quarters, lay_on(grounds, pixels[parts[half:, 1]], generator)]), shares


def put_together(pictures: Tensor) -> Tensor:
    """`(4n, 3, s, s)` to `(n, 3, 2s, 2s)`."""
    rows = torch.cat([pictures[0::2], pictures[1::2]], dim=3)
    return torch.cat([rows[0::2], rows[1::2]], dim=2)


def lay_on(grounds: Tensor, pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Lay one photo of `pixels` on each ground, all of one size, each in its own place."""
    side = grounds.shape[-1]
    share = INSET[0] + (INSET[1] - INSET[0]) * float(torch.rand((), generator=generator))
    small = int(side * share) // 2 * 2
    places = torch.randint(side - small + 1, (len(grounds), 2), generator=generator).tolist()
    for ground, inset, (top, left) in zip(grounds, augment(pixels, small, generator), places, strict=True):
        ground[:, top : top + small, left : left + small] = inset
    return grounds
