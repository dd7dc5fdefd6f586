"""How near a hit is, for people: a word and the length of a bar, made from its score and its relevance."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from aggregate_service.search.calibration import Curve, Kind

Word = Literal["same", "very", "close", "related", "distant"]
_WORDS: tuple[Word, ...] = ("distant", "related", "close", "very")
_PICTURE_STEPS = (0.4, 0.65, 0.85)
"""Parts of the way from two unrelated pictures to the same one; chosen by eye (docs/relevance.md)."""
_CHANCE_STEPS = (0.3, 0.5)
_BAR_STEPS = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Likeness:
    """`bar` goes from 0 to 1; each quarter of it has a word."""

    word: Word
    bar: float


def likeness(score: float, relevance: float, kind: Kind, curve: Curve) -> Likeness:
    """For pictures, also refined with words, the cosine decides, on the encoder's own scale; for words alone,
    the relevance does. docs/relevance.md has the reason: what of the two tells right hits from wrong ones.
    """
    if kind == "words":
        return _on((curve.nothing_close, *_CHANCE_STEPS), relevance)
    if score >= (curve.identical or 1):
        return Likeness("same", 1.0)
    return _on(_PICTURE_STEPS, (score - curve.mean) / (1 - curve.mean))


def uncertain(near: Likeness) -> Likeness:
    """Of an answer that says that nothing is close: no hit is called a match."""
    return Likeness("distant", min(near.bar, _BAR_STEPS[0]))


def _on(steps: tuple[float, ...], value: float) -> Likeness:
    word = _WORDS[sum(value >= step for step in steps)]
    return Likeness(word, float(np.interp(value, (0, *steps, 1), (0, *_BAR_STEPS, 1))))
