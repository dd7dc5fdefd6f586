"""The classes that pictures are told by: ImageNet's 1,000, and those of drawn scenes, learned beside them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.mini_model import Classes

LOOKS, MEANING = 447, 192
_STEPS, _RATE, _DECAY = 400, 0.01, 1e-3


def learn_rows(
    rows: Tensor, bias: Tensor, photos: Tensor, drawn: Tensor, scene: Tensor
) -> tuple[Tensor, Tensor]:
    """The classifier with a row for each scene: `drawn (n, features)` show `scene (n)`, `photos` none.

    ImageNet's own rows stay as they are, so that what they say of each picture need be known only once.
    """
    count = int(scene.max()) + 1
    middle = torch.stack([drawn[scene == each].mean(0) for each in range(count)]) - drawn.mean(0)
    more = (functional.normalize(middle, dim=1) * rows.norm(dim=1).mean() * 0.5).requires_grad_()
    offset = torch.full((count,), float(bias.mean()) - 2).requires_grad_()
    known, known_drawn = (torch.logsumexp(seen @ rows.T + bias, 1) for seen in (photos, drawn))
    optimiser = torch.optim.Adam([more, offset], _RATE)
    for _ in range(_STEPS):
        found, wrong = drawn @ more.T + offset, photos @ more.T + offset
        right = (
            torch.logsumexp(torch.cat([known_drawn[:, None], found], 1), 1)
            - found.gather(1, scene[:, None])[:, 0]
        )
        left = torch.logsumexp(torch.cat([known[:, None], wrong], 1), 1) - known
        loss = right.mean() + left.mean() + _DECAY * more.square().sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return torch.cat([rows, more.detach()]), torch.cat([bias, offset.detach()])


def principal(rows: Tensor, count: int) -> Tensor:
    """The `count` directions `(width, count)` that rows differ most in, their largest numbers positive."""
    directions = torch.linalg.svd(rows.double(), full_matrices=False).Vh[:count]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    upright: Tensor = (directions * largest.sign()).T.float()
    return upright


def fit(rows: Tensor, bias: Tensor, names: Tensor, centre: Tensor) -> Classes:
    """`names (classes, meaning)` are centred and projected already."""
    unit = functional.normalize(rows - rows.mean(0), dim=1)
    return Classes(rows, bias, names, principal(unit, LOOKS), centre)
