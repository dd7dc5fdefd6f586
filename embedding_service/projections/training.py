"""Learns a square matrix that brings vectors of the same label nearer; trained here because torch is here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize

from embedding_service.encoders.arrays import Vectors

Kind = Literal["siamese", "autoencoder"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_STEPS = 300
_BATCH = 512
_RATE, _MEAN_KEPT, _SQUARE_KEPT = 3e-3, 0.9, 0.999
_TEMPERATURE = 0.1
_NEAR_THE_ENCODER = 0.15
"""How much each step away from the encoder's own vectors costs: what few labels say mustn't undo the rest."""
_NOISE = 0.05
Labels = NDArray[np.bool_]


class Stopped(Exception):
    """Nobody waits for the matrix any more."""


@dataclass(frozen=True)
class Lesson:
    """Unit vectors of pictures (n, d), which labels each has (n, labels), and the labels' words (labels, d);
    no words where the encoder has none."""

    vectors: Vectors
    labels: Labels
    words: Vectors


def train(kind: Kind, lesson: Lesson, seed: int, wanted: Callable[[], bool]) -> Vectors:
    """A matrix (d, d) to multiply vectors with, from the right; `Stopped` once it isn't `wanted`."""
    match kind:
        case "siamese":
            return _siamese(lesson, seed, wanted)
        case "autoencoder":
            return _autoencoder(lesson, seed, wanted)


def _siamese(lesson: Lesson, seed: int, wanted: Callable[[], bool]) -> Vectors:
    """Both of a pair go through the same matrix; those that share a label are to be nearer than the others.

    The loss is the supervised contrastive one (Khosla et al. 2020), of pictures among themselves and of words
    with pictures.
    """
    pictures, words = torch.from_numpy(lesson.vectors), torch.from_numpy(lesson.words)
    labels = torch.from_numpy(lesson.labels.astype(np.float32))
    plain = torch.eye(pictures.shape[1])
    matrix = plain.clone().requires_grad_()
    adam = _Adam([matrix])
    for rows in _batches(len(pictures), seed, wanted):
        seen, has = normalize(pictures[rows] @ matrix), labels[rows]
        shared = (has @ has.T > 0).float().fill_diagonal_(0)
        own = torch.full((len(rows),), -torch.inf).diag().nan_to_num(nan=0.0, neginf=-torch.inf)
        loss = _contrast(seen @ seen.T / _TEMPERATURE + own, shared)
        if len(words):
            spoken = normalize(words @ matrix) @ seen.T / _TEMPERATURE
            loss = loss + _contrast(spoken, has.T) / 2 + _contrast(spoken.T, has) / 2
        loss = loss + _NEAR_THE_ENCODER * (matrix - plain).square().sum()
        adam.lower(loss)
    return _numpy(matrix)


class _Adam:
    """Kingma and Ba 2015. torch's own imports its compiler: seconds, and 100 MB for good in a service."""

    def __init__(self, weights: Sequence[torch.Tensor]) -> None:
        self._weights, self._steps = weights, 0
        self._means = [torch.zeros_like(each) for each in weights]
        self._squares = [torch.zeros_like(each) for each in weights]

    def lower(self, loss: torch.Tensor) -> None:
        """One step that makes the loss smaller."""
        self._steps += 1
        slopes = torch.autograd.grad(loss, self._weights)
        with torch.no_grad():
            for weight, slope, mean, square in zip(
                self._weights, slopes, self._means, self._squares, strict=True
            ):
                mean.lerp_(slope, 1 - _MEAN_KEPT)
                square.lerp_(slope.square(), 1 - _SQUARE_KEPT)
                unbiased = mean / (1 - _MEAN_KEPT**self._steps)
                spread = (square / (1 - _SQUARE_KEPT**self._steps)).sqrt_()
                weight -= _RATE * unbiased / (spread + 1e-8)


def _contrast(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """How improbable the right ones are among all, in the mean of the rows that have one."""
    asked = right.sum(1) > 0
    chosen = torch.where(right > 0, torch.log_softmax(scores, 1), 0.0)[asked]
    return -(chosen.sum(1) / right[asked].sum(1)).sum() / max(int(asked.sum()), 1)


def _autoencoder(lesson: Lesson, seed: int, wanted: Callable[[], bool]) -> Vectors:
    """Learns without labels to give the vectors back out of half as many numbers, from noisy ones.

    It has as many weights as the other: (d, d/2) and (d/2, d). Their product is what it makes of a vector.
    """
    pictures = torch.from_numpy(lesson.vectors)
    dimension = pictures.shape[1]
    source = torch.Generator().manual_seed(seed)
    narrow = torch.empty(dimension, dimension // 2)
    torch.nn.init.orthogonal_(narrow, generator=source)
    down, up = narrow.clone().requires_grad_(), narrow.T.clone().requires_grad_()
    adam = _Adam([down, up])
    for rows in _batches(len(pictures), seed, wanted):
        seen = pictures[rows]
        noisy = seen + _NOISE * torch.randn(seen.shape, generator=source)
        loss = (normalize(noisy @ down @ up) - seen).square().sum(1).mean()
        adam.lower(loss)
    return _numpy(down @ up)


def _batches(count: int, seed: int, wanted: Callable[[], bool]) -> Iterator[torch.Tensor]:
    source = torch.Generator().manual_seed(seed)
    for _ in range(_STEPS):
        if not wanted():
            raise Stopped
        yield torch.randperm(count, generator=source)[:_BATCH]


def _numpy(matrix: torch.Tensor) -> Vectors:
    return np.ascontiguousarray(matrix.detach().numpy(), np.float32)
