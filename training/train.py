"""Train the image tower: every picture must find its label and the wider concepts among learned vectors."""

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
from training.captions import Concepts, parent_targets, read_concepts, train_tokenizer
from training.data import Photos, decoded, load
from training.finish import export, finished, label_top1, save_labels
from training.labels import LabelVectors
from training.run import Budget, Run
from training.scenes import PARTS, scenes


class Stage(NamedTuple):
    """Until which share of the run pictures have which side, and how."""

    until: float
    side: int  # pixels
    scenes: float  # share of pictures that show several things
    frozen: int = 0  # first layers of the image tower that learn no more


log = logging.getLogger("training")

STAGES = (
    Stage(0.25, 32, 0.02),
    Stage(0.55, 48, 0.25),
    Stage(0.90, 64, 0.25, frozen=6),
    Stage(1.01, 80, 0.25, frozen=6),
)
BATCH = 384
PARENTS = 0.4  # weight of the wider concepts in the loss
SMOOTHING = 0.05
SECONDS_BETWEEN_CHECKPOINTS = 300


class Lessons:
    """Draws batches: pictures, and the shares of the labels and of the wider concepts in each."""

    def __init__(self, photos: Photos, concepts: Concepts) -> None:
        self.pixels = photos.pixels
        rows = torch.tensor([concepts.leaves.index(concepts.leaf_of[label]) for label in photos.labels])
        self.leaves = rows[torch.from_numpy(photos.targets)]
        self.parents = parent_targets(concepts)

    def draw(self, stage: Stage, run: Run) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures `(n, 3, side, side)`, shares of `(n, leaves)` and of `(n, parents)`."""
        several = round(BATCH * stage.scenes)
        single = BATCH - several
        rows = torch.randint(len(self.pixels), (single + several * PARTS,), generator=run.generator)
        pixels = torch.from_numpy(self.pixels[rows.numpy()]).to(run.device)
        leaves = functional.one_hot(self.leaves[rows], len(self.parents)).float()
        together, shares = scenes(pixels[single:], stage.side, run.generator)
        pictures = torch.cat([augment(pixels[:single], stage.side, run.generator), together])
        leaves = torch.cat([leaves[:single], shares @ leaves[single:]])
        return (
            pictures.contiguous(memory_format=torch.channels_last),
            leaves.to(run.device),
            (leaves @ self.parents).to(run.device),
        )

    def loss(self, stage: Stage, run: Run) -> Tensor:
        """Cross entropy against the answers for all labels, and with less weight for all wider concepts."""
        pictures, leaves, parents = self.draw(stage, run)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.arithmetic == torch.bfloat16):
            images, answers = run.learner.image(pictures), run.learner.answers()
        logits = images.float() @ answers.float().T * run.learner.log_scale.exp().clamp(max=60)
        narrow, wide = logits[:, : leaves.shape[1]], logits[:, leaves.shape[1] :]
        label = functional.cross_entropy(narrow, leaves, label_smoothing=SMOOTHING)
        return label + PARENTS * functional.cross_entropy(wide, parents)


def train(run: Run, lessons: Lessons, folder: Path) -> None:
    """Until the budget is spent, with a checkpoint every five minutes."""
    saved = time.monotonic()
    while run.budget.progress() < 1:
        started = time.monotonic()
        stage = next(stage for stage in STAGES if run.budget.progress() < stage.until)
        run.freeze(stage.frozen)
        loss = lessons.loss(stage, run)
        run.step(loss)
        seconds = time.monotonic() - started
        run.budget.spend(seconds)
        if run.budget.step % 20 == 0:
            report(run, stage.side, loss.item(), seconds)
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
    parser.add_argument("--out", type=Path, required=True, help="folder for the encoder, without words yet")
    parser.add_argument("--hours", type=float, default=1.5)
    parser.add_argument("--steps", type=int, default=0, help="a fixed number of steps instead of hours")
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
    torch.manual_seed(arguments.seed)  # the vectors of labels are drawn before the run seeds itself
    arguments.work.mkdir(parents=True, exist_ok=True)
    cache = decoded(arguments.photos, arguments.work)
    concepts = read_concepts()
    tokenizer = train_tokenizer(concepts, MiniConfig.vocabulary, MiniConfig.text_length)
    config = MiniConfig(vocabulary=tokenizer.get_vocab_size())
    answers = LabelVectors(len(concepts.leaves) + len(concepts.parents), config.dimension)
    run = Run(config, answers, Budget(arguments.hours, arguments.steps), arguments.seed)
    run.learner.train()
    run.restore(arguments.work)
    log.info("%s, %s", run.device, run.arithmetic)
    train(run, Lessons(load(cache, "train"), concepts), arguments.work)
    held_out = load(cache, "val")
    scores = {
        learner: label_top1(learner.image, learner.answers(), held_out, concepts, side=80)
        for learner in (run.learner, run.average)
    }
    log.info("val top-1: last weights %.4f, average weights %.4f", *scores.values())
    best = max(scores, key=scores.__getitem__)
    export(finished(best), tokenizer, arguments.out, arguments.sides)
    save_labels(best.answers(), arguments.out)


if __name__ == "__main__":
    main()
