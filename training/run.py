"""One training run: what learns, its moving average, its optimisers, and how far it has come."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from embedding_service.encoders.mini_model import MiniConfig
from training.labels import Learner
from training.muon import Muon

WARM_UP = 0.02
MUON_RATE, ADAM_RATE = 0.03, 2e-3
EMA = 0.99  # of the weights, every ten steps
PROCESSOR = Path("/proc/cpuinfo")
LONGEST_STEP = 30.0  # seconds; what takes longer was a pause, which the budget doesn't count


@dataclass
class Budget:
    """How far the run is, by time (ends annealed whatever else the machine does) or by steps (repeatable)."""

    hours: float
    steps: int
    seconds: float = 0.0
    step: int = 0

    def progress(self) -> float:
        """From 0 at the start to 1 at the end."""
        done = self.step / self.steps if self.steps else self.seconds / (self.hours * 3600)
        return min(done, 1.0)

    def spend(self, seconds: float) -> None:
        """Count the time of one step."""
        self.seconds += min(seconds, LONGEST_STEP)


class Run:
    """All that a checkpoint holds."""

    def __init__(self, config: MiniConfig, answers: nn.Module, budget: Budget, seed: int) -> None:
        torch.manual_seed(seed)
        self.budget = budget
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.arithmetic = faster_arithmetic(self.device)
        self.generator = torch.Generator().manual_seed(seed)
        self.learner = Learner(config, answers).to(self.device)
        self.learner.image.layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.learner).requires_grad_(False)
        kernels = [p for p in self.learner.image.layers.parameters() if p.ndim == 4]
        others = [p for p in self.learner.parameters() if not any(p is kernel for kernel in kernels)]
        self.optimisers = self.choose_optimisers(kernels, others)
        self.rates = [optimiser.param_groups[0]["lr"] for optimiser in self.optimisers]

    def choose_optimisers(
        self, kernels: list[nn.Parameter], others: list[nn.Parameter]
    ) -> list[torch.optim.Optimizer]:
        """Muon for the convolutions, AdamW for everything else."""
        return [
            Muon(kernels, MUON_RATE, momentum=0.9, decay=0.1, arithmetic=self.arithmetic),
            torch.optim.AdamW(others, ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01),
        ]

    def set_rates(self) -> None:
        """Short warm-up, then straight down to zero."""
        progress = self.budget.progress()
        factor = min(progress / WARM_UP + 0.01, (1 - progress) / (1 - WARM_UP))
        for optimiser, rate in zip(self.optimisers, self.rates, strict=True):
            optimiser.param_groups[0]["lr"] = rate * factor

    def step(self, loss: torch.Tensor) -> None:
        """Follow the gradient of `loss` once."""
        self.set_rates()
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            optimiser.step()
        self.budget.step += 1
        if self.budget.step % 10 == 0:
            self.update_average()

    def update_average(self) -> None:
        """Move the average a little towards the weights, batch statistics included."""
        decay = min(EMA, self.budget.step / (self.budget.step + 200))
        averages, values = self.average.state_dict(), self.learner.state_dict()
        for name, value in values.items():
            if value.is_floating_point():
                averages[name].lerp_(value, 1 - decay)

    def freeze(self, layers: int) -> None:
        """Leave the first layers of the image tower as they are: half of them are a third of the work."""
        for layer in list(self.learner.image.layers)[:layers]:
            layer.requires_grad_(False).train(False)

    def save(self, folder: Path) -> None:
        """Write aside and rename, so that a killed run never leaves half a checkpoint."""
        state = {
            "learner": self.learner.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "generator": self.generator.get_state(),
            "seconds": self.budget.seconds,
            "step": self.budget.step,
        }
        torch.save(state, folder / "checkpoint.part")
        (folder / "checkpoint.part").replace(folder / "checkpoint.pt")

    def restore(self, folder: Path) -> None:
        """Go on from the checkpoint in `folder`, if there is one."""
        if not (folder / "checkpoint.pt").exists():
            return
        state: dict[str, Any] = torch.load(folder / "checkpoint.pt", weights_only=True)
        self.learner.load_state_dict(state["learner"])
        self.average.load_state_dict(state["average"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.generator.set_state(state["generator"])
        self.budget.seconds, self.budget.step = state["seconds"], state["step"]


def faster_arithmetic(device: torch.device, processor: Path = PROCESSOR) -> torch.dtype:
    """bfloat16 on GPUs and on processors measured to train faster in it, else float32.

    Those are the ones with AMX, and AMD's with AVX512-BF16 (1.5 to 2.1 times as fast); on Intel's with
    AVX512-BF16 but no AMX it is slower.
    """
    about = processor.read_text() if processor.exists() else ""
    fast = "amx_bf16" in about or ("AuthenticAMD" in about and "avx512_bf16" in about)
    return torch.bfloat16 if fast or device.type == "cuda" else torch.float32
