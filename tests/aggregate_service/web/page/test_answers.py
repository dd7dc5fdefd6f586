"""Hits as the page shows them: their words, names and links."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from aggregate_service.search.calibration import Kind
from aggregate_service.web.page.answers import AnsweredQuestion, Match, answers_of
from aggregate_service.web.page.query_links import Address


@dataclass(frozen=True)
class Hit:
    index: int = 7
    score: float = 0.3
    path: str = "a/b.jpg"
    url: str = "/images/7/file"
    thumbnail_url: str = "/images/7/thumbnail"
    relevance: float = 0.4
    width: int | None = 400
    height: int | None = 300


@dataclass(frozen=True)
class Result:
    similar: list[Hit]
    filename: str = "q.jpg"
    problem: None = None
    nothing_close: bool = False


def match(hit: Hit, asked: AnsweredQuestion) -> Match:
    (answer,) = answers_of([Result([hit])], [], asked)
    return answer.groups[0].matches[0]


def test_pictures_are_similar_and_words_have_matches() -> None:
    assert match(Hit(score=0.85), AnsweredQuestion("picture", "mini@1:256")).closeness == "picture.close"
    assert match(Hit(score=0.999), AnsweredQuestion("picture", "mini@1:256")).closeness == "same"
    assert match(Hit(score=0.999), AnsweredQuestion("words", "mini@1:256")).closeness == "words.close"


@pytest.mark.parametrize(("encoder", "measured"), [("mini", True), ("color-layout", True), ("other", False)])
def test_a_usual_score_is_told_where_it_was_measured(encoder: str, measured: bool) -> None:
    assert (AnsweredQuestion(encoder=encoder).usual is not None) == measured


@pytest.mark.parametrize(
    ("kind", "scores", "said"),
    [
        ("picture", (0.999, 0.7), False),  # it is here itself
        ("picture", (0.999, 0.95), False),
        ("mixture", (0.9,), False),
        ("words", (0.9,), True),
    ],
)
def test_nothing_close_is_not_said_of_what_looks_alike(
    kind: Kind, scores: Sequence[float], said: bool
) -> None:
    result = Result([Hit(score=score) for score in scores], nothing_close=True)
    (answer,) = answers_of([result], [], AnsweredQuestion(kind, "mini@1:256"))
    assert answer.nothing_close == said


def groups(*hits: Hit, asked: AnsweredQuestion, nothing_close: bool = False) -> list[tuple[str, int]]:
    (answer,) = answers_of([Result(list(hits), nothing_close=nothing_close)], [], asked)
    return [(group.name, len(group.matches)) for group in answer.groups]


def test_the_best_stand_first_and_what_is_asked_about_is_left_out() -> None:
    words = AnsweredQuestion("words", "mini@1:256")
    good, poor = Hit(relevance=0.4), Hit(relevance=0.02)
    assert groups(good, good, poor, asked=words) == [("best", 2), ("less", 1)]
    assert groups(poor, asked=words) == [("possible", 1)]
    assert groups(poor, asked=words, nothing_close=True) == [("less", 1)]
    later = AnsweredQuestion("words", "mini@1:256", Address.of([("text", "a"), ("offset", "30")]))
    assert groups(poor, asked=later) == [("less", 1)]
    own = AnsweredQuestion("picture", "mini@1:256", Address.of([("id", "7"), ("id", "8^-1")]))
    assert groups(Hit(7), Hit(8), Hit(9), asked=own) == [("possible", 2)]


def test_no_hit_is_called_a_match_of_words_that_nothing_is_close_to() -> None:
    asked = AnsweredQuestion("words", "mini@1:256")
    (answer,) = answers_of([Result([Hit(relevance=0.9)], nothing_close=True)], [], asked)
    (match,) = answer.groups[0].matches
    assert (answer.groups[0].name, match.closeness) == ("less", "words.distant")


def test_searching_by_a_hit_keeps_filters_and_encoder_but_not_the_question() -> None:
    asked = [("id", "3"), ("box", "0,0,1,1"), ("label", "dog"), ("k", "10"), ("offset", "10"), ("model", "m")]
    found = match(Hit(), AnsweredQuestion(address=Address.of(asked)))
    assert found.search_url == "/search?id=7&label=dog&k=10&model=m"
    assert found.page_url == "/images/7?model=m"
