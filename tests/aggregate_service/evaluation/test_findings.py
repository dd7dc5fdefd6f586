"""Pictures and words as queries over a gallery: who is right, by which label, and how sure."""

import numpy as np
import pytest

from aggregate_service.evaluation import findings
from aggregate_service.evaluation.errors import NothingToAsk
from aggregate_service.evaluation.findings import Gallery, by_pictures, by_words, gain, words_to_ask

RED, GREEN, BLUE = (np.array(v, np.float32) for v in ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
LABELS = {
    3: frozenset({"red", "warm"}),
    5: frozenset({"red"}),
    8: frozenset({"green"}),
    9: frozenset({"warm"}),
    12: frozenset[str](),
}


def gallery() -> Gallery:
    vectors = {3: RED, 5: RED, 8: GREEN, 9: GREEN, 12: BLUE, 99: RED}
    del vectors[99]
    return Gallery.of(vectors, LABELS)


def test_pictures_find_those_that_share_a_label() -> None:
    found = by_pictures(gallery(), 1, 0)
    assert (found.pictures, found.queries, found.askable) == (
        5,
        3,
        3,
    )  # 8 is alone with its label, 12 has none
    assert found.names == ["picture 3", "picture 5", "picture 9"]
    assert found.means["precision"].value == pytest.approx(2 / 3)  # 3 and 5 find each other, 9 finds 8
    assert found.chance == pytest.approx((2 + 1 + 1) / 3 / 4)
    assert found.best_possible == 1
    table = {each.label: each for each in found.labels}
    assert set(table) == {"red", "warm"}
    assert table["red"].means["precision"].value == 1
    assert table["warm"].means["precision"].value == 0
    assert (table["warm"].pictures, table["warm"].queries) == (2, 2)


def test_words_find_the_pictures_with_their_label() -> None:
    assert words_to_ask(gallery(), 0) == ["green", "red", "warm"]
    found = by_words(gallery(), ["green", "red", "warm"], np.stack([GREEN, RED, RED]), 2, 0)
    of_each = {each.label: each.means["precision"].value for each in found.labels}
    assert of_each == {"red": 1, "warm": 0.5, "green": 0.5}
    assert found.labels[0].means["precision"].low is None
    assert found.means["mrr"].value == 1


def test_where_no_two_pictures_share_a_label_nothing_is_asked() -> None:
    alone = Gallery.of({1: RED, 2: GREEN}, {1: frozenset({"red"}), 2: frozenset({"green"})})
    with pytest.raises(NothingToAsk):
        by_pictures(alone, 5, 0)
    with pytest.raises(NothingToAsk):
        words_to_ask(Gallery.of({1: RED, 2: GREEN}, {1: frozenset(), 2: frozenset()}), 0)


def test_very_many_queries_are_a_sample_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MOST_QUERIES", 10)
    rng = np.random.default_rng(1)
    vectors = {id_: rng.normal(size=4).astype(np.float32) for id_ in range(40)}
    many = Gallery.of(vectors, {id_: frozenset({str(id_ % 4)}) for id_ in range(40)})
    first, again, other = (by_pictures(many, 5, seed) for seed in (0, 0, 1))
    assert (first.queries, first.askable) == (10, 40)
    assert first.names == again.names != other.names


def test_the_gain_of_a_second_encoder_is_measured_query_by_query() -> None:
    before = np.random.default_rng(2).random((50, 5))
    found = gain(before, before + 0.1, 0)
    assert found["map"].value == pytest.approx(0.1)
    assert found["map"].low == pytest.approx(0.1)  # whatever is drawn, each query gained as much
