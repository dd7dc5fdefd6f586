"""The optimiser: its updates are nearly orthogonal, and it goes downhill."""

import pytest
import torch
from torch import nn

from training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(16, 64), (64, 16), (32, 32)])
def test_singular_values_become_alike(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrix, torch.bfloat16).float())
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_it_goes_downhill() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(8, 8, bias=False)
    optimiser = Muon(layer.parameters(), lr=0.02, momentum=0.9, decay=0.0)
    inputs, losses = torch.randn(32, 8), []
    for _ in range(40):
        loss = (layer(inputs) - inputs).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 4
