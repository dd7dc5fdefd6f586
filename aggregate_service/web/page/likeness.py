"""How near a hit is, for people: a word, made from its score and its relevance."""

from typing import Literal

from aggregate_service.search.calibration import Curve, Kind

Word = Literal["same", "very", "close", "related", "distant"]
_WORDS: tuple[Word, ...] = ("distant", "related", "close", "very")
_PICTURE_STEPS = (0.4, 0.65, 0.85)
"""Parts of the way from two unrelated pictures to the same one; chosen by eye (docs/relevance.md)."""
_CHANCE_STEPS = (0.3, 0.5)


def likeness(score: float, relevance: float, kind: Kind, curve: Curve) -> Word:
    """For pictures, also refined with words, the cosine decides, on the encoder's own scale; for words alone,
    the relevance does. docs/relevance.md has the reason: what of the two tells right hits from wrong ones.
    """
    if kind == "words":
        return _on((curve.nothing_close, *_CHANCE_STEPS), relevance)
    if score >= (curve.identical or 1):
        return "same"
    return _on(_PICTURE_STEPS, (score - curve.mean) / (1 - curve.mean))


def _on(steps: tuple[float, ...], value: float) -> Word:
    return _WORDS[sum(value >= step for step in steps)]
