"""What each choice in training the mini encoder buys: the same few steps from nothing, one choice changed."""

from __future__ import annotations

import argparse
import json
import logging
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
from benchmarks.retrieval import Coco, Flags, images_to_images, read_coco
from embedding_service.encoders.mini_model import ImageTower, MiniConfig, TextTower
from embedding_service.encoders.resizing import resize
from training import augment, train
from training.augment import normalise
from training.captions import CaptionBank, Concepts, read_concepts, train_tokenizer
from training.data import Photos, decoded, load
from training.finish import finished, label_top1, top1
from training.labels import LabelVectors, Learner
from training.run import ADAM_RATE, Budget, Run
from training.scenes import PARTS, scenes
from training.train import Stage

Row = dict[str, float]
LOOKED_AT = 1.2  # side at which the finished tower looks, as a multiple of the side it was trained at
SCENES, TOGETHER = 1000, 250  # scenes to find each other, and how many are made at a time


class Captions(nn.Module):
    """Instead of a vector for each label: what the text tower says of one caption of each, drawn anew."""

    def __init__(self, config: MiniConfig, bank: CaptionBank, seed: int) -> None:
        super().__init__()
        self.text = TextTower(config)
        self.bank = bank
        self.generator = torch.Generator().manual_seed(seed)

    def forward(self) -> Tensor:
        found: Tensor = self.text(self.bank.draw(self.generator).to(self.text.places.device))
        return found


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
    stage: Stage = Stage(1.01, 32, 0.25)  # noqa: RUF009
    seed: int = 0
    longer: float = 1.0
    run: type[Run] = Run
    captions: bool = False


WHOLE = ((augment, "AREA", (1.0, 1.0)), (augment, "RATIO", 1.0), (augment, "COLOUR", 0.0))
CHOICES = {
    "the recipe": Choice(),
    "another seed": Choice(seed=1),
    "half the width": Choice(config={"stem_width": 16, "widths": (64, 128, 256)}),
    "captions, not a vector for each label": Choice(captions=True),
    "no wider concepts": Choice(((train, "PARENTS", 0.0),)),
    "AdamW, not Muon": Choice(run=AdamRun),
    "no crops, no changes of colour": Choice(WHOLE),
    "side 48": Choice(stage=Stage(1.01, 48, 0.25)),
    "hardly any scenes (8 of 384)": Choice(stage=Stage(1.01, 32, 0.02)),
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


def follow(choice: Choice, steps: int, photos: Photos, concepts: Concepts, tokenizer: Tokenizer) -> Learner:
    """Train from nothing, at one side."""
    config = MiniConfig(vocabulary=tokenizer.get_vocab_size(), **choice.config)
    torch.manual_seed(choice.seed)
    answers: nn.Module = LabelVectors(len(concepts.leaves) + len(concepts.parents), config.dimension)
    if choice.captions:
        answers = Captions(config, CaptionBank(concepts, tokenizer, choice.seed), choice.seed)
    run = choice.run(config, answers, Budget(0.0, round(steps * choice.longer)), choice.seed)
    run.learner.train()
    with changed(choice.constants):
        lessons = train.Lessons(photos, concepts)
        while run.budget.progress() < 1:
            run.step(lessons.loss(choice.stage, run))
    return run.learner.train(False).cpu()


@dataclass(frozen=True)
class Examination:
    """What every image tower is asked."""

    held_out: Photos
    concepts: Concepts
    tokenizer: Tokenizer
    coco: Coco

    def ask(self, learner: Learner, side: int) -> Row:
        """Top-1 of `val/`, scenes by scenes, COCO128 by photos."""
        found, sharing = self.see_scenes(learner.image, side)
        by_images = images_to_images(
            vectors(learner.image, pictures(self.coco.images, side)), self.coco.sharing()
        )
        return {
            "val top-1": self.ask_labels(learner, side),
            "scenes p@5": images_to_images(found, sharing)["precision@5"],
            "coco p@5": by_images["precision@5"],
            "coco map": by_images["map"],
        }

    def ask_labels(self, learner: Learner, side: int) -> float:
        """Top-1 of `val/`, by the labels' vectors or by captions."""
        if not isinstance(learner.answers, Captions):
            return label_top1(learner.image, learner.answers(), self.held_out, self.concepts, side)
        model = finished(learner)
        model.text = learner.answers.text
        return top1(model, self.held_out, self.concepts, self.tokenizer, side)

    def see_scenes(self, image: ImageTower, side: int) -> tuple[np.ndarray[Any, Any], Flags]:
        """Vectors of scenes made of `val/` photos, and whether two of them share a label."""
        generator = torch.Generator().manual_seed(0)
        found, shown = [], []
        for _ in range(SCENES // TOGETHER):
            rows = torch.randint(len(self.held_out.pixels), (TOGETHER * PARTS,), generator=generator).numpy()
            made, shares = scenes(torch.from_numpy(self.held_out.pixels[rows]), side, generator)
            labels = functional.one_hot(
                torch.from_numpy(self.held_out.targets[rows]), len(self.held_out.labels)
            )
            found.append(vectors(image, made))
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
def vectors(image: ImageTower, seen: Tensor) -> np.ndarray[Any, Any]:
    """Unit vectors `(n, dimension)` of normalised pictures."""
    found: np.ndarray[Any, Any] = image(seen.contiguous(memory_format=torch.channels_last)).numpy()
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
        learner = follow(choice, arguments.steps, load(cache, "train"), concepts, tokenizer)
        seconds = time.perf_counter() - started
        row = examination.ask(learner, round(choice.stage.side * LOOKED_AT / 8) * 8)
        result["choices"][name] = row | {"seconds": round(seconds)}
        logging.info("%s: %s", name, result["choices"][name])
        if arguments.output:
            arguments.output.write_text(json.dumps(result, indent=2) + "\n")
    show(f"{arguments.steps} steps", result["choices"])


if __name__ == "__main__":
    main()
