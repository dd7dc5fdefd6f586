"""What each choice in training the mini encoder buys: the same few steps from nothing, one choice changed."""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.evaluate_mini import describe_machine, show
from benchmarks.retrieval import Coco, Flags, images_to_images, read_coco, texts_to_images
from embedding_service.encoders.mini_model import MiniConfig, MiniModel
from embedding_service.encoders.resizing import resize
from training import augment, train
from training.augment import normalise
from training.captions import CaptionBank, Concepts, read_concepts, train_tokenizer
from training.data import Photos, decoded, load
from training.finish import plain_labels, share_nearest, top1
from training.run import ADAM_RATE, Budget, Run
from training.scenes import PARTS, scenes

Row = dict[str, float]
LOOKED_AT = 1.2  # side at which the finished tower looks, as a multiple of the side it was trained at
COLUMNS = ("val top-1", "scenes p@5", "coco p@5", "coco map", "words p@5", "seconds")
SCENES, TOGETHER = 1000, 250  # scenes to find each other, and how many are made at a time


class ClassVectors(nn.Module):
    """Instead of the text tower: a learned vector for each number of a class."""

    def __init__(self, count: int, dimension: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(count, dimension)
        nn.init.normal_(self.vectors.weight, std=0.05)  # small, so that they turn as fast as the rates allow

    def forward(self, numbers: Tensor) -> Tensor:
        return functional.normalize(self.vectors(numbers), dim=-1)


class ClassBank(CaptionBank):
    """Instead of captions: the number of each class."""

    def draw(self, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        return torch.arange(len(self.ids))


class ClassRun(Run):
    """Learns a vector of each class, without words."""

    def choose_optimisers(
        self, kernels: list[nn.Parameter], others: list[nn.Parameter]
    ) -> list[torch.optim.Optimizer]:
        texts = {id(parameter) for parameter in self.model.text.parameters()}
        classes = ClassVectors(self.model.config.vocabulary, self.model.config.dimension)
        self.model.text = classes  # type: ignore[assignment]
        kept = [parameter for parameter in others if id(parameter) not in texts]
        return super().choose_optimisers(kernels, [*kept, *classes.parameters()])

    def update_average(self) -> None:
        """Left out: the last weights are what is measured."""


class AdamRun(Run):
    """AdamW at one rate for everything."""

    def choose_optimisers(
        self, kernels: list[nn.Parameter], others: list[nn.Parameter]
    ) -> list[torch.optim.Optimizer]:
        return [torch.optim.AdamW([*kernels, *others], ADAM_RATE, betas=(0.9, 0.98), weight_decay=0.01)]


@dataclass(frozen=True)
class Choice:
    """What differs from the recipe: constants `(module, name, value)`, sizes of the towers, or a part."""

    constants: tuple[tuple[ModuleType, str, Any], ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    side: int = 32
    seed: int = 0
    longer: float = 1.0
    run: type[Run] = Run
    bank: type[CaptionBank] = CaptionBank


NO_WIDER = (train, "PARENTS", 0.0)
WHOLE = ((augment, "AREA", (1.0, 1.0)), (augment, "RATIO", 1.0), (augment, "COLOUR", 0.0))
CHOICES = {
    "the recipe": Choice(),
    "another seed": Choice(seed=1),
    "half the width": Choice(config={"stem_width": 16, "widths": (64, 128, 256)}),
    "classes, not captions": Choice((NO_WIDER,), run=ClassRun, bank=ClassBank),
    "no wider concepts": Choice((NO_WIDER,)),
    "AdamW, not Muon": Choice(run=AdamRun),
    "no crops, no changes of colour": Choice(WHOLE),
    "side 48": Choice(side=48),
    "hardly any scenes (2 of 384)": Choice(((train, "SCENES", 2),)),
    "twice the steps": Choice(longer=2.0),
}


@contextmanager
def changed(constants: tuple[tuple[ModuleType, str, Any], ...]) -> Iterator[None]:
    """Other values for constants of modules, for a while."""
    before = [(module, name, getattr(module, name)) for module, name, _ in constants]
    try:
        for module, name, value in constants:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def follow(choice: Choice, steps: int, photos: Photos, concepts: Concepts, tokenizer: Tokenizer) -> MiniModel:
    """Train from nothing, at one side."""
    config = MiniConfig(vocabulary=tokenizer.get_vocab_size(), **choice.config)
    run = choice.run(config, Budget(0.0, round(steps * choice.longer)), choice.seed)
    run.model.train()
    with changed(choice.constants):
        lessons = train.Lessons(photos, concepts, choice.bank(concepts, tokenizer, choice.seed))
        while run.budget.progress() < 1:
            run.step(lessons.loss(choice.side, run))
    return run.model.train(False)


@dataclass(frozen=True)
class Examination:
    """What every tower is asked."""

    held_out: Photos
    concepts: Concepts
    tokenizer: Tokenizer
    coco: Coco

    def ask(self, model: MiniModel, side: int) -> Row:
        """Top-1 of `val/`, scenes by scenes, COCO128 by photos and, of a model that has any, by words."""
        found, sharing = self.see_scenes(model, side)
        coco = vectors(model, pictures(self.coco.images, side))
        by_images = images_to_images(coco, self.coco.sharing())
        row = {
            "val top-1": self.ask_labels(model, side),
            "scenes p@5": images_to_images(found, sharing)["precision@5"],
            "coco p@5": by_images["precision@5"],
            "coco map": by_images["map"],
        }
        if not isinstance(model.text, ClassVectors):
            row["words p@5"] = self.ask_by_words(model, coco)
        return row

    def ask_labels(self, model: MiniModel, side: int) -> float:
        """Top-1 of `val/`, by captions or by the vectors of classes."""
        if not isinstance(model.text, ClassVectors):
            return top1(model, self.held_out, self.concepts, self.tokenizer, side)
        numbers = [self.concepts.leaves.index(label) for label in plain_labels(self.held_out)]
        return share_nearest(model, self.held_out, model.text(torch.tensor(numbers)), side)

    def ask_by_words(self, model: MiniModel, coco: np.ndarray[Any, Any]) -> float:
        """Precision@5 of the names of COCO's categories over its photos."""
        numbers = self.coco.occurring()
        captions = [f"a photo of a {self.coco.names[number]}" for number in numbers]
        ids = torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(captions)])
        with torch.inference_mode():
            texts = model.text(ids).numpy()
        return texts_to_images(texts, coco, self.coco.shown(numbers))["precision@5"]

    def see_scenes(self, model: MiniModel, side: int) -> tuple[np.ndarray[Any, Any], Flags]:
        """Vectors of scenes made of `val/` photos, and whether two of them share a label."""
        generator = torch.Generator().manual_seed(0)
        found, shown = [], []
        for _ in range(SCENES // TOGETHER):
            rows = torch.randint(len(self.held_out.pixels), (TOGETHER * PARTS,), generator=generator).numpy()
            made, shares = scenes(torch.from_numpy(self.held_out.pixels[rows]), side, generator)
            labels = functional.one_hot(
                torch.from_numpy(self.held_out.targets[rows]), len(self.held_out.labels)
            )
            found.append(vectors(model, made))
            shown.append((shares @ labels.float() > 0).numpy())
        together = np.concatenate(shown).astype(int)
        sharing = (together @ together.T) > 0
        np.fill_diagonal(sharing, False)
        return np.concatenate(found), sharing


def pictures(images: list[Image.Image], side: int) -> Tensor:
    """Whole pictures, squashed as the encoder does."""
    squashed = [resize(image, side, side, Image.Resampling.BICUBIC) for image in images]
    return normalise(torch.from_numpy(np.stack(squashed)))


@torch.inference_mode()
def vectors(model: MiniModel, seen: Tensor) -> np.ndarray[Any, Any]:
    """Unit vectors `(n, dimension)` of normalised pictures."""
    found: np.ndarray[Any, Any] = model.image(seen.contiguous(memory_format=torch.channels_last)).numpy()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of the photos-*.tar.gz archives")
    parser.add_argument("--work", type=Path, required=True, help="folder for the decoded photos")
    parser.add_argument("--coco", type=Path, required=True, help="coco128.zip")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--only", nargs="+", choices=CHOICES, default=list(CHOICES))
    parser.add_argument("--output", type=Path, help="where to write the figures as JSON")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    cache = decoded(arguments.photos, arguments.work)
    concepts = read_concepts()
    tokenizer = train_tokenizer(concepts, MiniConfig.vocabulary, MiniConfig.text_length)
    examination = Examination(load(cache, "val"), concepts, tokenizer, read_coco(arguments.coco))
    result: dict[str, Any] = {"machine": describe_machine(), "steps": arguments.steps, "choices": {}}
    for name in arguments.only:
        choice, started = CHOICES[name], time.perf_counter()
        model = follow(choice, arguments.steps, load(cache, "train"), concepts, tokenizer)
        seconds = time.perf_counter() - started
        row = examination.ask(model, round(choice.side * LOOKED_AT / 8) * 8)
        result["choices"][name] = row | {"seconds": round(seconds)}
        logging.info("%s: %s", name, result["choices"][name])
        if arguments.output:
            arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    rows = {name: {key: row.get(key, math.nan) for key in COLUMNS} for name, row in result["choices"].items()}
    show(f"{arguments.steps} steps", rows)


if __name__ == "__main__":
    main()
