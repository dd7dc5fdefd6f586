"""Train both towers: every picture must find the captions of its label and of the wider concepts."""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.mini_model import MiniConfig
from training.augment import augment
from training.captions import CaptionBank, Concepts, parent_targets, read_concepts, train_tokenizer
from training.data import Photos, decoded, load
from training.finish import export, top1
from training.run import Budget, Run
from training.scenes import PARTS, scenes

log = logging.getLogger("training")

SIDES = ((0.50, 40), (0.80, 48), (0.93, 64), (1.01, 80))  # pixels, until this share of the run
BATCH = 384
SCENES = 96  # pictures of a batch that show several things
PARENTS = 0.4  # weight of the wider concepts in the loss
SMOOTHING = 0.05
SECONDS_BETWEEN_CHECKPOINTS = 300


class Freezing(NamedTuple):
    """How many of the image tower's first layers stop learning, and after which share of the run."""

    layers: int
    after: float


class Lessons:
    """Draws batches: pictures, the shares of the leaves and of the parents in each, and captions of all."""

    def __init__(self, photos: Photos, concepts: Concepts, bank: CaptionBank) -> None:
        self.pixels = photos.pixels
        rows = torch.tensor([concepts.leaves.index(concepts.leaf_of[label]) for label in photos.labels])
        self.leaves = rows[torch.from_numpy(photos.targets)]
        self.parents = parent_targets(concepts)
        self.bank = bank

    def draw(self, side: int, run: Run) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures `(n, 3, side, side)`, shares of `(n, leaves)` and `(n, parents)`, captions' tokens."""
        count = BATCH - SCENES + SCENES * PARTS
        rows = torch.randint(len(self.pixels), (count,), generator=run.generator)
        pixels = torch.from_numpy(self.pixels[rows.numpy()]).to(run.device)
        leaves = functional.one_hot(self.leaves[rows], self.bank.leaves).float()
        single = augment(pixels[: BATCH - SCENES], side, run.generator)
        several, shares = scenes(pixels[BATCH - SCENES :], side, run.generator)
        pictures = torch.cat([single, several]).contiguous(memory_format=torch.channels_last)
        leaves = torch.cat([leaves[: BATCH - SCENES], shares @ leaves[BATCH - SCENES :]])
        captions = self.bank.draw(run.generator).to(run.device)
        return pictures, leaves.to(run.device), (leaves @ self.parents).to(run.device), captions

    def loss(self, side: int, run: Run) -> Tensor:
        """Cross entropy against the captions of all leaves, and with less weight of all parents."""
        pictures, leaves, parents, captions = self.draw(side, run)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.arithmetic == torch.bfloat16):
            images, texts = run.model.image(pictures), run.model.text(captions)
        logits = images.float() @ texts.float().T * run.model.log_scale.exp().clamp(max=60)
        narrow, wide = logits[:, : self.bank.leaves], logits[:, self.bank.leaves :]
        label = functional.cross_entropy(narrow, leaves, label_smoothing=SMOOTHING)
        return label + PARENTS * functional.cross_entropy(wide, parents)


def train(run: Run, lessons: Lessons, folder: Path, freezing: Freezing) -> None:
    """Until the budget is spent, with a checkpoint every five minutes."""
    saved = time.monotonic()
    while run.budget.progress() < 1:
        started = time.monotonic()
        if run.budget.progress() >= freezing.after:
            run.freeze(freezing.layers)
        side = next(side for until, side in SIDES if run.budget.progress() < until)
        loss = lessons.loss(side, run)
        run.step(loss)
        seconds = time.monotonic() - started
        run.budget.spend(seconds)
        if run.budget.step % 20 == 0:
            report(run, side, loss.item(), seconds)
        if time.monotonic() - saved > SECONDS_BETWEEN_CHECKPOINTS:
            run.save(folder)
            saved = time.monotonic()
    run.save(folder)


def report(run: Run, side: int, loss: float, seconds: float) -> None:
    """One line of progress."""
    place = f"step {run.budget.step} ({run.budget.progress():.1%})"
    log.info("%s, side %d: loss %.3f, %.0f pictures a second", place, side, loss, BATCH / seconds)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of the photos-*.tar.gz archives")
    parser.add_argument("--work", type=Path, required=True, help="folder for decoded photos and checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="folder for the finished encoder")
    parser.add_argument("--hours", type=float, default=1.6)
    parser.add_argument("--steps", type=int, default=0, help="a fixed number of steps instead of hours")
    parser.add_argument("--start", type=Path, help="folder of a finished encoder to go on from")
    parser.add_argument(
        "--freeze", type=int, default=0, help="first layers of the image tower that stop learning"
    )
    parser.add_argument(
        "--freeze-after", type=float, default=0.0, help="share of the run after which they do"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--sides", type=int, nargs="+", default=[96, 64], help="sides at which the encoder looks"
    )
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    cache = decoded(arguments.photos, arguments.work)
    concepts = read_concepts()
    tokenizer = train_tokenizer(concepts, MiniConfig.vocabulary, MiniConfig.text_length)
    config = MiniConfig(vocabulary=tokenizer.get_vocab_size())
    run = Run(config, Budget(arguments.hours, arguments.steps), arguments.seed)
    if arguments.start:
        run.start_from(arguments.start)
    run.model.train()
    run.restore(arguments.work)
    log.info("%s, %s", run.device, run.arithmetic)
    bank = CaptionBank(concepts, tokenizer, arguments.seed)
    train(
        run,
        Lessons(load(cache, "train"), concepts, bank),
        arguments.work,
        Freezing(arguments.freeze, arguments.freeze_after),
    )
    held_out = load(cache, "val")
    scores = {
        model: top1(model, held_out, concepts, tokenizer, side=80) for model in (run.model, run.average)
    }
    log.info("val top-1: last weights %.4f, average weights %.4f", *scores.values())
    export(max(scores, key=scores.__getitem__), tokenizer, arguments.out, arguments.sides)


if __name__ == "__main__":
    main()
