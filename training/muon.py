"""Muon: momentum whose update is orthogonalised (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the quintic iteration, from the same source
STEPS = 4


class Muon(torch.optim.Optimizer):
    """For matrices and for convolutions, whose kernels are flattened to `(outputs, inputs x k x k)`."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        momentum: float,
        decay: float,
        arithmetic: torch.dtype = torch.bfloat16,
    ) -> None:
        settings = {"lr": lr, "momentum": momentum, "decay": decay, "arithmetic": arithmetic}
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # noqa: ARG002
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                velocity = self.state[parameter].setdefault("velocity", torch.zeros_like(parameter))
                velocity.lerp_(parameter.grad, 1 - group["momentum"])
                look_ahead = parameter.grad.lerp(velocity, group["momentum"])
                update = orthogonalise(look_ahead.flatten(1), group["arithmetic"])
                parameter.mul_(1 - group["lr"] * group["decay"])
                parameter.add_(update.view(parameter.shape), alpha=-group["lr"])


def orthogonalise(matrix: Tensor, arithmetic: torch.dtype) -> Tensor:
    """Push every singular value of `matrix` towards 1 by a Newton-Schulz iteration in `arithmetic`."""
    a, b, c = COEFFICIENTS
    x: Tensor = matrix.to(arithmetic)
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(STEPS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)
