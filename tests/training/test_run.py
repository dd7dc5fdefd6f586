"""A run that is stopped goes on where it was, and ends when its budget does."""

from pathlib import Path

import torch

from embedding_service.encoders.mini_model import MiniConfig
from training.run import Budget, Run

SMALL = MiniConfig(dimension=8, stem_width=4, widths=(8,), depths=(1,), vocabulary=10, text_width=8)


def loss_of(run: Run) -> torch.Tensor:
    pictures = torch.rand(4, 3, 32, 32, generator=run.generator)
    texts = run.model.text(torch.randint(1, 10, (4, 5), generator=run.generator))
    loss: torch.Tensor = -(run.model.image(pictures) * texts).sum()
    return loss


def advance(run: Run, steps: int) -> torch.Tensor:
    for _ in range(steps):
        run.step(loss_of(run))
    return run.model.image.project.weight.detach().clone()


def test_a_restored_run_takes_the_same_steps(tmp_path: Path) -> None:
    whole = advance(Run(SMALL, Budget(1, 20), seed=0), 12)
    first = Run(SMALL, Budget(1, 20), seed=0)
    advance(first, 5)
    first.save(tmp_path)
    second = Run(SMALL, Budget(1, 20), seed=1)
    second.restore(tmp_path)
    torch.testing.assert_close(advance(second, 7), whole)


def test_progress_is_by_steps_or_by_time() -> None:
    assert Budget(hours=1, steps=10, step=5).progress() == 0.5
    assert Budget(hours=1, steps=0, seconds=900).progress() == 0.25
    assert Budget(hours=1, steps=10, step=50).progress() == 1
