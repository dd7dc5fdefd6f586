"""Relevance rises with the score, falls with the number of pictures, and is a word in the end."""

from dataclasses import replace

import numpy as np
import pytest

from aggregate_service.clients.search import Spread
from aggregate_service.search.calibration import (
    UNMEASURED,
    Calibration,
    Floor,
    Kind,
    calibration_of,
    expected_best,
)
from aggregate_service.search.relevance import is_close, relevances

SPREAD = Spread(mean=0.2, deviation=0.1)
KINDS: tuple[Kind, ...] = ("picture", "words", "mixture")
FAMILIES = [calibration_of(name) for name in ("mini@1:256", "color-layout@1:64", "somebody/else@1:8")]


@pytest.mark.parametrize("calibration", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
def test_rises_with_the_score_and_falls_with_the_number_of_pictures(
    calibration: Calibration, kind: Kind
) -> None:
    curve = calibration.curve(kind)
    scores = np.linspace(-1, 0.9, 50).tolist()
    few, many = relevances(scores, SPREAD, 100, curve), relevances(scores, SPREAD, 1_000_000, curve)
    assert few == sorted(few)
    assert all(0 <= value <= 1 for value in (*few, *many))
    assert all(less <= more for less, more in zip(many, few, strict=True))


@pytest.mark.parametrize("calibration", FAMILIES)
def test_an_unrelated_picture_is_not_close_and_the_same_one_is(calibration: Calibration) -> None:
    for kind in KINDS:
        (unrelated,) = relevances([SPREAD.mean], SPREAD, 1_000, calibration.curve(kind))
        assert unrelated < calibration.curve(kind).nothing_close
    assert relevances([1.0], SPREAD, 10**6, calibration.picture) == [1.0]
    assert relevances([1.0], None, 10**6, calibration.picture) == [1.0]


@pytest.mark.parametrize("calibration", FAMILIES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 10, 1_000, 1_000_000])
def test_what_scores_nothing_is_not_close_and_what_is_the_same_is(
    calibration: Calibration, kind: Kind, count: int
) -> None:
    curve = calibration.curve(kind)
    flat = Spread(mean=0.0, deviation=0.0)  # what a text that means nothing to the encoder scores
    (nothing,) = relevances([0.0], flat, count, curve)
    assert not is_close(0.0, nothing, count, curve)
    assert is_close(1.0, 1.0, count, curve)


def test_a_known_floor_decides_what_is_close_and_rises_with_the_number_of_pictures() -> None:
    curve = replace(UNMEASURED.words, floor=Floor(0.2, growth=0.1))
    assert [is_close(score, 0.0, 64, curve) for score in (0.19, 0.21)] == [False, True]
    assert [is_close(0.21, 1.0, count, curve) for count in (64, 65, 1_000)] == [True, True, False]
    without = replace(curve, floor=None)
    assert [is_close(0.0, relevance, 64, without) for relevance in (0.11, 0.12)] == [False, True]


def test_no_spread_at_all_divides_by_nothing() -> None:
    flat = relevances([0.5, 0.6], Spread(mean=0.5, deviation=0.0), 10, calibration_of("mini@1:256").picture)
    assert all(0 <= value <= 1 for value in flat)
    assert relevances([], SPREAD, 10, calibration_of("mini@1:256").words) == []


def test_expected_best_is_what_normal_variables_give() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 10_000)).max(axis=1)
    assert expected_best(10_000) == pytest.approx(float(rows.mean()), abs=0.5)
    assert expected_best(0) == expected_best(2)
