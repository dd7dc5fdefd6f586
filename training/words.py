"""The words: captions learn the vectors of labels, and of things like them that no photo is labelled with."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.mini_model import MiniModel
from training.captions import CaptionBank, Concepts, captions_of, parent_targets, read_concepts
from training.data import load
from training.features import arguments_of_a_later_step, look_through, vectors
from training.finish import read_labels, top1

log = logging.getLogger("training")

WORDS = Path(__file__).parent / "words.txt"
WITHIN = 0.25  # weight of a label that is only within a wider concept that the word is said to be like
BATCH, RATE = 3000, 2e-3
GROUPS = (1.0, 0.4, 0.6)  # weights of labels, wider concepts, words
LABELS = 100.0  # weight of captions being where the vectors of their labels are


@dataclass(frozen=True)
class Words:
    """`names` are what each thing is called, `shares` how much each label is like it: `(leaves, words)`."""

    names: list[list[str]]
    shares: Tensor


def read_words(concepts: Concepts, path: Path = WORDS) -> Words:
    """Parse `names ~ labels and wider concepts`. Raises `KeyError` for one that isn't in `concepts.txt`."""
    names, columns = [], []
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        called, _, like = line.partition(" ~ ")
        names.append(called.split(", "))
        columns.append(likeness(concepts, like.split(", ")))
    return Words(names, torch.stack(columns, dim=1))


def likeness(concepts: Concepts, like: list[str]) -> Tensor:
    """How much each leaf is like what `like` lists: 1 by its label, less within a wider concept."""
    column = torch.zeros(len(concepts.leaves))
    labels = {concepts.leaf_of[name] for name in like if name in concepts.leaf_of}
    wider = {name for name in like if name not in concepts.leaf_of}
    if unknown := wider - set(concepts.parents):
        raise KeyError(f"words.txt: no such label or wider concept: {sorted(unknown)}")
    for row, leaf in enumerate(concepts.leaves):
        if leaf in labels:
            column[row] = 1
        elif wider & set(concepts.parents_of[leaf]):
            column[row] = WITHIN
    return column


class TextLessons:
    """What captions have to be near to: their labels' vectors, and pictures of what they name or are like."""

    def __init__(
        self, concepts: Concepts, words: Words, labels: Tensor, tokenizer: Tokenizer, seed: int
    ) -> None:
        self.labels = labels
        self.bank = CaptionBank(concepts, tokenizer, seed)
        source = random.Random(seed)  # noqa: S311
        self.bank.add([captions_of(names, [], source) for names in words.names], tokenizer)
        self.tables = [torch.eye(len(concepts.leaves)), parent_targets(concepts), words.shares]

    def loss(self, model: MiniModel, pictures: Tensor, shares: Tensor, generator: torch.Generator) -> Tensor:
        """Both ways, each picture its captions, each caption its pictures; and captions where labels are."""
        texts = model.text(self.bank.draw(generator)).float()
        logits = pictures @ texts.T * model.log_scale.exp().detach()
        groups = logits.split([table.shape[1] for table in self.tables], dim=1)
        loss: Tensor = logits.new_zeros(())
        for weight, group, table in zip(GROUPS, groups, self.tables, strict=True):
            wanted = shares @ table
            loss = loss + weight * (matching(group, wanted) + matching(group.T, wanted.T))
        apart: Tensor = (1 - (self.labels * texts[: len(self.labels)]).sum(dim=1)).mean()
        return loss + LABELS * apart


def matching(logits: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy of each row that has anything to find against its shares of `wanted`."""
    some = wanted.sum(dim=1) > 0
    shares = wanted[some] / wanted[some].sum(dim=1, keepdim=True)
    return functional.cross_entropy(logits[some], shares)


def teach(
    model: MiniModel, lessons: TextLessons, pictures: Tensor, shares: Tensor, steps: int, seed: int
) -> None:
    """Train the text tower alone, its rate falling to zero."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.AdamW(model.text.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, steps)
    for step in range(steps):
        rows = torch.randint(len(pictures), (BATCH,), generator=generator)
        loss = lessons.loss(model, pictures[rows], shares[rows], generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            log.info("words, step %d: loss %.3f", step, loss.item())


def main() -> None:
    parser = arguments_of_a_later_step(__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.manual_seed(arguments.seed)
    concepts, labels = read_concepts(), read_labels(arguments.encoder)
    finished = look_through(arguments, concepts)
    model, tokenizer = finished.model, finished.tokenizer
    pictures = vectors(model.image.project, finished.pooled)
    lessons = TextLessons(concepts, read_words(concepts), labels, tokenizer, arguments.seed)
    teach(model, lessons, pictures, finished.shares, arguments.steps, arguments.seed)
    held_out = load(arguments.work / "photos", "val")
    log.info("val top-1 by words: %.4f", top1(model, held_out, concepts, tokenizer, side=80))
    finished.export(arguments.out)


if __name__ == "__main__":
    main()
