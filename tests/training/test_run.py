"""A run that is stopped goes on where it was, and ends when its budget does."""

from pathlib import Path

import torch

from embedding_service.encoders.mini_model import MiniConfig
from training.labels import LabelVectors
from training.run import Budget, Run, faster_arithmetic

SMALL = MiniConfig(dimension=8, stem_width=4, widths=(8,), depths=(1,), vocabulary=10, text_width=8)


def start(seed: int) -> Run:
    return Run(SMALL, LabelVectors(4, SMALL.dimension), Budget(1, 20), seed)


def loss_of(run: Run) -> torch.Tensor:
    pictures = torch.rand(4, 3, 32, 32, generator=run.generator)
    loss: torch.Tensor = -(run.learner.image(pictures) * run.learner.answers()).sum()
    return loss


def advance(run: Run, steps: int) -> torch.Tensor:
    for _ in range(steps):
        run.step(loss_of(run))
    return run.learner.image.project.weight.detach().clone()


def test_a_restored_run_takes_the_same_steps(tmp_path: Path) -> None:
    torch.manual_seed(0)
    whole = advance(start(seed=0), 12)
    torch.manual_seed(0)
    first = start(seed=0)
    advance(first, 5)
    first.save(tmp_path)
    second = start(seed=1)
    second.restore(tmp_path)
    torch.testing.assert_close(advance(second, 7), whole)


def test_progress_is_by_steps_or_by_time() -> None:
    assert Budget(hours=1, steps=10, step=5).progress() == 0.5
    assert Budget(hours=1, steps=0, seconds=900).progress() == 0.25
    assert Budget(hours=1, steps=10, step=50).progress() == 1


def test_a_pause_isn_t_counted() -> None:
    budget = Budget(hours=1, steps=0)
    budget.spend(2)
    budget.spend(3000)
    assert budget.seconds < 60


def test_frozen_layers_stay_as_they_are_and_the_others_learn() -> None:
    run = start(seed=0)
    run.learner.train()
    run.freeze(2)
    before = {name: value.clone() for name, value in run.learner.image.state_dict().items()}
    advance(run, 3)
    same = {name for name, value in run.learner.image.state_dict().items() if value.equal(before[name])}
    assert {name for name in before if name.startswith(("layers.0.", "layers.1."))} <= same
    assert "project.weight" not in same


def test_arithmetic_is_what_the_processor_is_fast_at(tmp_path: Path) -> None:
    known = (
        ("GenuineIntel", "avx512_bf16 amx_bf16", torch.bfloat16),
        ("GenuineIntel", "avx512_bf16", torch.float32),
        ("AuthenticAMD", "avx512_bf16", torch.bfloat16),
        ("AuthenticAMD", "avx2", torch.float32),
    )
    for vendor, flags, wanted in known:
        (tmp_path / "cpuinfo").write_text(f"vendor_id : {vendor}\nflags : {flags}\n")
        assert faster_arithmetic(torch.device("cpu"), tmp_path / "cpuinfo") == wanted
    assert faster_arithmetic(torch.device("cpu"), tmp_path / "nothing") == torch.float32
