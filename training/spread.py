"""Spread the pictures' vectors, which a classifier leaves bundled, for the sake of rankings by cosine."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from embedding_service.encoders.mini import WEIGHTS, read_model, read_preprocessing
from training.captions import read_concepts
from training.data import load
from training.features import features, vectors
from training.finish import export

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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder with the decoded photos")
    parser.add_argument("--encoder", type=Path, default=WEIGHTS, help="folder of the finished encoder")
    parser.add_argument("--out", type=Path, required=True, help="folder for the changed encoder")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    model = read_model(arguments.encoder)
    sizes = read_preprocessing(arguments.encoder / "preprocessor_config.json").sizes
    generator = torch.Generator().manual_seed(arguments.seed)
    photos = load(arguments.work / "photos", "train")
    pooled, _ = features(model, photos, read_concepts(), sizes, generator)
    before = bundled(vectors(model.image.project, pooled))
    spread(model.image.project, pooled)
    log.info(
        "length of the mean vector: %.2f, was %.2f", bundled(vectors(model.image.project, pooled)), before
    )
    export(model, Tokenizer.from_file(str(arguments.encoder / "tokenizer.json")), arguments.out, list(sizes))


if __name__ == "__main__":
    main()
