"""Learns what a phrase means from what its words mean, as the teacher says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.mini_model import Composer

log = logging.getLogger(__name__)

STEPS, TOGETHER, RATE = 600, 128, 3e-3
HELD_OUT = 20  # one in so many phrases isn't learned from, but shows how well it went


def learn(words: Tensor, rows: Sequence[Sequence[int]], targets: Tensor) -> Composer:
    """`words (rows, meaning)`; each phrase's rows, and what the teacher says of it `(phrases, meaning)`."""
    torch.manual_seed(0)
    composer = Composer(words.shape[1])
    for layer in (composer.attended, composer.mixing[3], composer.importance):
        for weights in layer.parameters():
            torch.nn.init.zeros_(weights)
    for places in (composer.from_start, composer.from_end):
        torch.nn.init.normal_(places.weight, std=0.02)
    ids, present = padded(rows)
    shown = torch.arange(len(rows)) % HELD_OUT == 0
    learned, held = torch.nonzero(~shown)[:, 0], torch.nonzero(shown)[:, 0]
    optimiser = torch.optim.AdamW(composer.parameters(), RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS)
    for step in range(STEPS):
        batch = learned[torch.randint(len(learned), (TOGETHER,))]
        longest = int(present[batch].sum(1).max())
        given = composer(words[ids[batch, :longest]], present[batch, :longest])
        loss = difference(given, targets[batch])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            with torch.inference_mode():
                found = composer(words[ids[held]], present[held])
                near = functional.cosine_similarity(found, targets[held]).mean()
                log.info("step %d: loss %.4f, held out cosine %.4f", step + 1, float(loss), float(near))
    return composer.eval()


def difference(given: Tensor, target: Tensor) -> Tensor:
    """Direction above all, and length: how far from the mean of all meanings it lies."""
    direction = 1 - functional.cosine_similarity(given, target).mean()
    return direction + 0.1 * (given - target).square().sum(1).mean()


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    longest = max(map(len, rows))
    ids = torch.tensor([[*each, *[0] * (longest - len(each))] for each in rows])
    present = torch.tensor([[True] * len(each) + [False] * (longest - len(each)) for each in rows])
    return ids, present


def split(names: Sequence[str], row_of: Callable[[str], list[int]]) -> list[list[int]]:
    """The rows of a name's single words, never the row of the whole name."""
    return [[row for word in name.split() for row in row_of(word)] for name in names]
