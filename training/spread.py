"""Spread the pictures' vectors, which a classifier leaves bundled, for the sake of rankings by cosine."""

from __future__ import annotations

import logging

import torch
from torch import Tensor, nn

from training.captions import read_concepts
from training.features import arguments_of_a_later_step, look_through, vectors

log = logging.getLogger("training")

CENTRED = 0.5  # how far the middle of all vectors is moved to zero; the whole way costs top-1
FLOOR = 0.8  # share of the mean variance in what evens a direction out: faint ones aren't blown up


@torch.no_grad()
def spread(project: nn.Linear, pooled: Tensor) -> None:
    """Change the projection, so that what it makes of `pooled` `(…, width)` varies more evenly."""
    projected = project(pooled.flatten(0, -2))
    middle = projected.mean(dim=0)
    variances, directions = torch.linalg.eigh((projected - middle).T.cov())
    mean = variances.mean()
    lifted = (1 - FLOOR) * variances.clamp(min=0) + FLOOR * mean
    change = directions @ torch.diag((mean / lifted).sqrt()) @ directions.T
    project.bias.copy_(change @ (project.bias - CENTRED * middle))
    project.weight.copy_(change @ project.weight)


def bundled(found: Tensor) -> float:
    """Length of the mean of unit vectors `(n, dimension)`: 1 if all are the same, near 0 if all differ."""
    return float(found.mean(dim=0).norm())


def main() -> None:
    arguments = arguments_of_a_later_step(__doc__).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    finished = look_through(arguments, read_concepts())
    project = finished.model.image.project
    before = bundled(vectors(project, finished.pooled))
    spread(project, finished.pooled)
    log.info("length of the mean vector: %.2f, was %.2f", bundled(vectors(project, finished.pooled)), before)
    finished.export(arguments.out)


if __name__ == "__main__":
    main()
