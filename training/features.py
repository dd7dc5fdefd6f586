"""What a finished image tower sees in photos and in scenes, before and after its projection."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from embedding_service.encoders.mini import read_model, read_preprocessing, seen
from embedding_service.encoders.mini_model import MiniModel
from training.augment import normalise
from training.captions import Concepts
from training.data import Photos, load
from training.finish import export
from training.scenes import PARTS, scenes

SIDE = 64  # of the scenes that are made
SINGLE, SEVERAL = 9000, 4500  # photos, and scenes of several
TOGETHER = 300


@dataclass(frozen=True)
class Finished:
    """A finished encoder, and what it sees: `pooled` is `(sizes, n, width)`, `shares` `(n, leaves)`."""

    model: MiniModel
    tokenizer: Tokenizer
    sizes: tuple[int, ...]
    pooled: Tensor
    shares: Tensor

    def export(self, folder: Path) -> None:
        """Write the encoder's folder, whatever its model has become."""
        export(self.model, self.tokenizer, folder, list(self.sizes))


def arguments_of_a_later_step(description: str | None) -> argparse.ArgumentParser:
    """What every step takes that goes on from a finished encoder."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--work", type=Path, required=True, help="folder with the decoded photos")
    parser.add_argument("--encoder", type=Path, required=True, help="folder of the encoder to go on from")
    parser.add_argument("--out", type=Path, required=True, help="folder for the changed encoder")
    parser.add_argument("--seed", type=int, default=0)
    return parser


def look_through(arguments: argparse.Namespace, concepts: Concepts) -> Finished:
    """Load the encoder, and let it see the training set. Raises `BrokenCheckpoint`."""
    model = read_model(arguments.encoder)
    sizes = read_preprocessing(arguments.encoder / "preprocessor_config.json").sizes
    generator = torch.Generator().manual_seed(arguments.seed)
    pooled, shares = features(model, load(arguments.work / "photos", "train"), concepts, sizes, generator)
    tokenizer = Tokenizer.from_file(str(arguments.encoder / "tokenizer.json"))
    return Finished(model, tokenizer, sizes, pooled, shares)


@torch.inference_mode()
def features(
    model: MiniModel, photos: Photos, concepts: Concepts, sizes: tuple[int, ...], generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Photos and scenes, pooled at each size `(sizes, n, width)`, and their shares `(n, leaves)`."""
    rows = torch.tensor([concepts.leaves.index(concepts.leaf_of[label]) for label in photos.labels])
    leaves = functional.one_hot(rows[torch.from_numpy(photos.targets)], len(concepts.leaves)).float()
    found, shares = [], []
    for start in range(0, SINGLE + SEVERAL, TOGETHER):
        parts = 1 if start < SINGLE else PARTS
        drawn = torch.randint(len(leaves), (TOGETHER * parts,), generator=generator)
        pixels = torch.from_numpy(photos.pixels[drawn.numpy()])
        if start < SINGLE:
            pictures, share = normalise(pixels), torch.eye(TOGETHER)
        else:
            pictures, share = scenes(pixels, SIDE, generator)
        large = functional.interpolate(pictures, size=(max(sizes),) * 2, mode="bicubic", antialias=True)
        found.append(torch.stack([model.image.pool(seen(large, size)) for size in sizes]))
        shares.append(share @ leaves[drawn])
    return torch.cat(found, dim=1), torch.cat(shares)


@torch.inference_mode()
def vectors(project: nn.Linear, pooled: Tensor) -> Tensor:
    """What the encoder says of pooled pictures: `(sizes, n, width)` to `(n, dimension)`."""
    return functional.normalize(functional.normalize(project(pooled), dim=-1).sum(dim=0), dim=-1)
