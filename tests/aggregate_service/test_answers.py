"""Scores in words, and the links of a hit."""

from dataclasses import dataclass

import pytest

from aggregate_service.address import Address
from aggregate_service.answers import answers_of, closeness


@dataclass(frozen=True)
class Hit:
    index: int = 7
    score: float = 0.3
    path: str = "a/b.jpg"
    url: str = "/images/7/file"
    thumbnail_url: str = "/images/7/thumbnail"
    relevance: float | None = None


@dataclass(frozen=True)
class Result:
    similar: list[Hit]
    filename: str = "q.jpg"
    problem: None = None


@pytest.mark.parametrize(
    ("score", "word"),
    [(1.0, "same"), (0.9, "very"), (0.8, "close"), (0.65, "related"), (0.64, "distant"), (-1.0, "distant")],
)
def test_cosines_between_pictures(score: float, word: str) -> None:
    assert closeness(score) == word


def test_words_are_measured_by_their_own_scale() -> None:
    assert [closeness(score, in_words=True) for score in (1.0, 0.27, 0.22, 0.1)] == [
        "very",
        "close",
        "related",
        "distant",
    ]


def test_relevance_decides_where_it_is_known() -> None:
    assert closeness(0.31, 0.95) == "very"
    assert closeness(0.94, 0.1) == "distant"
    assert closeness(0.999, 0.1) == "same"


@pytest.mark.parametrize(("relevance", "bar"), [(None, "30.0"), (0.8, "80.0"), (1.4, "100.0")])
def test_the_bar_shows_what_the_word_says(relevance: float | None, bar: str) -> None:
    (answer,) = answers_of([Result([Hit(relevance=relevance)])], [], in_words=False, address=Address())
    assert answer.matches is not None
    assert answer.matches[0].bar == bar


def test_searching_by_a_hit_keeps_filters_but_not_the_question() -> None:
    address = Address.of([("id", "3"), ("box", "0,0,1,1"), ("label", "dog"), ("k", "10"), ("offset", "10")])
    (answer,) = answers_of([Result([Hit()])], [], in_words=False, address=address)
    assert answer.matches is not None
    assert answer.matches[0].search_url == "/search?id=7&label=dog&k=10"
