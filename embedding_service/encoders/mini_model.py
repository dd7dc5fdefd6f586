"""The two sides of the mini encoder: pictures by features and classes, words by the classes they are like.

A picture is its centred features beside the mean of its likely classes' names as sentence vectors (ConSE:
M. Norouzi and others, "Zero-shot learning by convex combination of semantic embeddings", 2013). A text is the
mix of the classifier's rows whose names are like it, beside its own sentence vector.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

LOOKS = 0.5
"""How much of a picture's length² is what it looks like; the rest is what its classes are called."""

STRANGE, OWN_NAME = 0.6, 1.0
"""How like a class's name a text is (cosine) up to which half of its vector is looks, and from which all."""

_SHARPNESS = 1 / 0.05
"""How fast a class counts for less in a text's mix as its name is less like the text."""


class PictureSide(nn.Module):
    """Normalised pictures `(n, 3, side, side)` to vectors `(n, looks + meaning + 1)`; the last is 0."""

    def __init__(self, trunk: nn.Module, classes: Classes) -> None:
        super().__init__()
        self.trunk = trunk
        self.classify = nn.Linear(classes.rows.shape[1], classes.rows.shape[0])
        self.classify.weight, self.classify.bias = nn.Parameter(classes.rows), nn.Parameter(classes.bias)
        self.project = nn.Linear(classes.projection.shape[0], classes.projection.shape[1])
        self.project.weight = nn.Parameter(classes.projection.T.contiguous())
        self.project.bias = nn.Parameter(-(classes.centre @ classes.projection))
        self.names = nn.Linear(classes.names.shape[0], classes.names.shape[1], bias=False)
        self.names.weight = nn.Parameter(classes.names.T.contiguous())

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.trunk(pictures)
        likely = functional.softmax(self.classify(features), dim=1).sqrt()
        vectors = beside(self.project(features), self.names(likely))
        return functional.pad(vectors, (0, 1))


@dataclass(frozen=True)
class Classes:
    """Of `c` classes: `rows (c, features)` and `bias (c)` of the classifier; `names (c, meaning)`, centred
    sentence vectors of what they are called; `projection (features, looks)` of features less `centre`."""

    rows: Tensor
    bias: Tensor
    names: Tensor
    projection: Tensor
    centre: Tensor

    def looks(self) -> Tensor:
        """How each class looks, `(c, looks)`, of unit length before it is projected."""
        return functional.normalize(self.rows - self.rows.mean(0), dim=1) @ self.projection


def beside(looks: Tensor, meaning: Tensor, share: Tensor | float = LOOKS) -> Tensor:
    """Both parts in one vector of unit length; `share` of its length², of each row or of all, is looks."""
    first = share**0.5 * functional.normalize(looks, dim=1)
    second = (1 - share) ** 0.5 * functional.normalize(meaning, dim=1)
    return torch.cat([first, second], dim=1)


class Composer(nn.Module):
    """The vectors of a text's words `(n, words, meaning)`, 0 where there is none, to the text's own.

    One layer of attention over the words, then their mean; a word alone keeps its vector.
    """

    def __init__(self, meaning: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.from_start = nn.Embedding(8, meaning)
        self.from_end = nn.Embedding(8, meaning)
        self.before = nn.LayerNorm(meaning)
        self.queries_keys_values = nn.Linear(meaning, 3 * meaning)
        self.attended = nn.Linear(meaning, meaning)
        self.mixing = nn.Sequential(
            nn.LayerNorm(meaning), nn.Linear(meaning, 2 * meaning), nn.GELU(), nn.Linear(2 * meaning, meaning)
        )
        self.importance = nn.Linear(meaning, 1)

    def forward(self, words: Tensor, present: Tensor) -> Tensor:
        counts = present.sum(1, keepdim=True)
        places = torch.arange(words.shape[1], device=words.device)
        placed = words + self.from_start(places.clamp(max=7))
        placed = placed + self.from_end((counts - 1 - places).clamp(0, 7))
        x = words + self.attend(self.before(placed), present)
        x = x + self.mixing(x)
        weights = self.importance(x).masked_fill(~present.unsqueeze(2), -torch.inf).softmax(1)
        return torch.where(counts == 1, words[:, 0], (x * weights).sum(1))

    def attend(self, x: Tensor, present: Tensor) -> Tensor:
        count, length, width = x.shape
        parts = self.queries_keys_values(x).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind(0)
        mixed = functional.scaled_dot_product_attention(
            queries, keys, values, attn_mask=present[:, None, None, :]
        )
        attended: Tensor = self.attended(mixed.transpose(1, 2).reshape(count, length, width))
        return attended


def text_vectors(meaning: Tensor, visible: Tensor, names: Tensor, looks: Tensor) -> Tensor:
    """Sentence vectors `(n, meaning)` to vectors in the pictures' space.

    `visible (n)`, 0 to 1, is how surely the text names something that can be seen: the rest of the vector's
    length goes to the last place, where pictures have nothing, and every score is lower by as much.
    """
    mix = functional.softmax(meaning @ names.T * _SHARPNESS, dim=1) @ looks
    seen = beside(mix, meaning, known_by_looks(meaning, names)) * visible.unsqueeze(1)
    unseen = (1 - visible.square()).clamp(min=0).sqrt()
    return torch.cat([seen, unseen.unsqueeze(1)], dim=1)


def known_by_looks(meaning: Tensor, names: Tensor) -> Tensor:
    """How much each text's looks count, `(n, 1)`: what has a class of its own is found best by them alone."""
    like = functional.normalize(meaning, dim=1) @ functional.normalize(names, dim=1).T
    sure = (like.amax(1, keepdim=True) - STRANGE) / (OWN_NAME - STRANGE)
    return LOOKS + (1 - LOOKS) * sure.clamp(0, 1)
