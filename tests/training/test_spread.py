"""Spreading a projection changes how far its vectors lie apart, not what they are made of."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from embedding_service.encoders.mini import look, seen
from embedding_service.encoders.mini_model import MiniConfig, MiniModel
from training.features import vectors
from training.spread import bundled, spread


def bundle(seed: int = 0) -> tuple[nn.Linear, Tensor]:
    """A projection, and features `(2, 400, 16)` that share most of what they are and vary in few ways."""
    torch.manual_seed(seed)
    strengths = torch.linspace(2, 0.05, 16)
    return nn.Linear(16, 8), torch.randn(2, 400, 16) * strengths + 3


def cosines(found: Tensor) -> Tensor:
    return (found @ found.T)[~torch.eye(len(found), dtype=torch.bool)]


def test_vectors_are_less_bundled_and_reach_further_apart() -> None:
    project, pooled = bundle()
    before = vectors(project, pooled)
    spread(project, pooled)
    after = vectors(project, pooled)
    assert bundled(after) < bundled(before) - 0.05
    assert cosines(after).std() > cosines(before).std()


def test_directions_differ_less_than_before() -> None:
    project, pooled = bundle()

    def uneven() -> float:
        variances = torch.linalg.eigvalsh(project(pooled.flatten(0, 1)).detach().T.cov())
        return float(variances.max() / variances.mean())

    before = uneven()
    spread(project, pooled)
    assert 1 < uneven() < before


def test_the_middle_moves_towards_zero() -> None:
    project, pooled = bundle()
    before = project(pooled).flatten(0, 1).detach()
    spread(project, pooled)
    after = project(pooled).flatten(0, 1).detach()
    # Measured by its own spread, or the change of scale would count as a move.
    assert (after.mean(dim=0) / after.std()).norm() < (before.mean(dim=0) / before.std()).norm()


def test_it_stays_one_linear_map() -> None:
    project, pooled = bundle()
    spread(project, pooled)
    zero, one, two = (project(torch.full((1, 16), level)) for level in (0.0, 1.0, 2.0))
    torch.testing.assert_close(two - one, one - zero)


def test_vectors_of_pooled_pictures_are_those_of_the_encoder() -> None:
    torch.manual_seed(0)
    model, sizes = MiniModel(MiniConfig()).train(False), (48, 32)
    pictures = torch.randn(3, 3, 48, 48)
    with torch.inference_mode():
        pooled = torch.stack([model.image.pool(seen(pictures, size)) for size in sizes])
        expected = functional.normalize(look(model, pictures, sizes), dim=-1)
        torch.testing.assert_close(vectors(model.image.project, pooled), expected)
