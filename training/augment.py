"""Random crops, flips and light colour changes of a whole batch at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

MEAN = (0.480, 0.448, 0.398)
STD = (0.277, 0.269, 0.282)
AREA = (0.35, 1.0)
RATIO = 4 / 3
COLOUR = 0.25


def normalise(pixels: Tensor) -> Tensor:
    """Bytes `(n, h, w, 3)` to floats `(n, 3, h, w)` of about unit variance, in channels-last memory."""
    x = pixels.permute(0, 3, 1, 2).float() / 255
    return (x - x.new_tensor(MEAN).view(1, 3, 1, 1)) / x.new_tensor(STD).view(1, 3, 1, 1)


def augment(pixels: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Bytes `(n, h, w, 3)` to normalised floats `(n, 3, side, side)`, each picture changed in its own way."""
    return recolour(crop(normalise(pixels), side, generator), generator)


def crop(x: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Cut a random box of random shape out of each picture, mirror half of them, resize to `side`."""
    count = len(x)
    draws = torch.rand(5, count, generator=generator).to(x.device)
    area = AREA[0] + (AREA[1] - AREA[0]) * draws[0]
    ratio = torch.exp((draws[1] * 2 - 1) * math.log(RATIO) / 2)
    width, height = (area.sqrt() * ratio).clamp(max=1), (area.sqrt() / ratio).clamp(max=1)
    mirror = torch.where(draws[4] < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3, device=x.device)
    theta[:, 0, 0], theta[:, 1, 1] = width * mirror, height
    theta[:, 0, 2], theta[:, 1, 2] = (draws[2] * 2 - 1) * (1 - width), (draws[3] * 2 - 1) * (1 - height)
    finer = 2 if side <= 40 else 1  # sampled twice as fine and averaged, small sides don't alias
    grid = functional.affine_grid(theta, [count, 3, side * finer, side * finer], align_corners=False)
    cut = functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    return functional.avg_pool2d(cut, finer) if finer > 1 else cut


def recolour(x: Tensor, generator: torch.Generator) -> Tensor:
    """Vary brightness, contrast and saturation."""
    draws = (torch.rand(3, len(x), 1, 1, 1, generator=generator) * 2 - 1).to(x.device) * COLOUR
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * (1 + draws[0])
    middle = x.mean(dim=(1, 2, 3), keepdim=True)
    return middle + (x - middle) * (1 + draws[1]) + draws[2]
