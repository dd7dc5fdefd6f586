"""How near a hit is, in a word and a bar."""

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
    assert {likeness(score, relevance, kind, CURVE).word for relevance in (0.0, 0.9)} == {word}


@pytest.mark.parametrize(
    ("relevance", "word"),
    [(0.5, "very"), (0.3, "close"), (0.12, "related"), (0.11, "distant")],
)
def test_for_words_the_chance_of_a_match_decides(relevance: float, word: str) -> None:
    assert {likeness(score, relevance, "words", CURVE).word for score in (0.1, 0.999)} == {word}


def test_each_quarter_of_the_bar_has_its_word() -> None:
    quarters = {"distant": 0, "related": 1, "close": 2, "very": 3}
    found = [likeness(score / 100 + 0.005, 0.0, "picture", CURVE) for score in range(60, 97)]
    assert all(int(near.bar * 4 + 1e-9) == quarters[near.word] for near in found)
    assert [near.bar for near in found] == sorted(near.bar for near in found)
    assert likeness(1.0, 0.0, "picture", CURVE).bar == 1
    assert likeness(0.1, 0.0, "picture", CURVE).bar == 0
