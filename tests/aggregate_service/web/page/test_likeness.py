"""How near a hit is, in a word."""

import pytest

from aggregate_service.search.calibration import Curve, Kind
from aggregate_service.web.page.likeness import likeness

CURVE = Curve(1.0, 0.0, 0.0, mean=0.6, deviation=0.1, identical=0.98)


@pytest.mark.parametrize(
    ("score", "word"),
    [(0.98, "same"), (0.95, "very"), (0.9, "close"), (0.8, "related"), (0.7, "distant"), (-1.0, "distant")],
)
@pytest.mark.parametrize("kind", ["picture", "mixture"])
def test_with_pictures_the_cosine_decides_on_the_encoders_scale(kind: Kind, score: float, word: str) -> None:
    assert {likeness(score, relevance, kind, CURVE) for relevance in (0.0, 0.9)} == {word}


@pytest.mark.parametrize(
    ("relevance", "word"),
    [(0.5, "very"), (0.3, "close"), (0.12, "related"), (0.11, "distant")],
)
def test_for_words_the_chance_of_a_match_decides(relevance: float, word: str) -> None:
    assert {likeness(score, relevance, "words", CURVE) for score in (0.1, 0.999)} == {word}
