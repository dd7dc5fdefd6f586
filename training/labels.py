"""What pictures are taught by while there are no words yet: a vector for each label and wider concept."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedding_service.encoders.mini_model import ImageTower, MiniConfig

SMALL = 0.05  # of each number at first: short vectors turn as fast as the rates allow


class LabelVectors(nn.Module):
    """Learned unit vectors `(labels, dimension)`, the labels' first and then those of wider concepts."""

    def __init__(self, count: int, dimension: int) -> None:
        super().__init__()
        self.directions = nn.Parameter(torch.randn(count, dimension) * SMALL)

    def forward(self) -> Tensor:
        return functional.normalize(self.directions, dim=-1)


class Learner(nn.Module):
    """The image tower, the `answers` its pictures have to find, and the temperature of their cosines."""

    def __init__(self, config: MiniConfig, answers: nn.Module) -> None:
        super().__init__()
        self.config = config
        self.image = ImageTower(config)
        self.answers = answers
        self.log_scale = nn.Parameter(torch.tensor(2.8))
