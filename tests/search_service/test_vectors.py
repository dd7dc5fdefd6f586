"""Only directions get in: rows of length one, or a refusal that names the row."""

from typing import Any

import numpy as np
import pytest

from search_service.errors import InvalidVectors
from search_service.vectors import checked_ids, unit_rows


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1.0, 1e30, 3e38])
def test_any_length_becomes_one(scale: float) -> None:
    rows = unit_rows(np.array([[3, 4, 0], [-1, 0, 0]], np.float32) * np.float32(scale / 4), "v")
    assert rows.dtype == np.float32
    assert np.allclose(rows, np.array([[0.6, 0.8, 0], [-1, 0, 0]]), atol=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_not_finite_is_refused_with_its_row(value: float) -> None:
    with pytest.raises(InvalidVectors) as refusal:
        unit_rows(np.array([[1.0, 0], [0, value], [value, 1]]), "embeddings")
    assert refusal.value.detail.startswith("embeddings[1] holds NaN, infinity, or a number beyond float32 (2")


@pytest.mark.parametrize(
    "matrix",
    [
        np.zeros((1, 3), np.float32),
        np.zeros(3, np.float32),
        np.ones((2, 0), np.float32),
        np.ones((1, 20_000), np.float32),
        np.ones((1, 3), np.int64),
        np.ones((1, 3), np.complex64),
        np.ones((1, 2, 3), np.float32),
        np.float32(1).reshape(()),
    ],
)
def test_bad_matrices_are_refused(matrix: np.ndarray) -> None:
    with pytest.raises(InvalidVectors):
        unit_rows(matrix, "v")


@pytest.mark.parametrize(
    "bad",
    [
        np.array([-1]),
        np.array([2**63], np.uint64),
        np.array([1, 1]),
        np.array([1.0]),
        np.array([True]),
        np.array([[1]]),
        np.array(1),
    ],
)
def test_bad_ids_are_refused(bad: "np.ndarray[Any, Any]") -> None:
    with pytest.raises(InvalidVectors):
        checked_ids(bad)


def test_good_ids_become_int64() -> None:
    assert checked_ids(np.array([0, 7], np.uint8)).dtype == np.int64
    assert checked_ids(np.array([], np.int64)).tolist() == []
