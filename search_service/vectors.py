"""What comes in as a matrix of numbers leaves as unit-length float32 rows, or is refused with its place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_service.engines.arrays import Ids, Vectors
from search_service.errors import InvalidVectors

MAX_DIMENSION = 16_384


def unit_rows(matrix: NDArray[Any], field: str) -> Vectors:
    """Rows of length 1, so that an inner product is the cosine similarity."""
    if matrix.ndim != 2 or matrix.dtype.kind != "f" or matrix.dtype.itemsize > 8:
        raise InvalidVectors(
            f"{field} must be float32 of shape (n, dimension), not {matrix.dtype} of shape {matrix.shape}."
        )
    if not 1 <= matrix.shape[1] <= MAX_DIMENSION:
        raise InvalidVectors(f"{field} must have 1 to {MAX_DIMENSION} dimensions, not {matrix.shape[1]}.")
    rows = matrix.astype(np.float64)
    largest = np.abs(rows).max(axis=1, initial=0.0)
    _refuse(~(largest <= np.finfo(np.float32).max), field, "holds NaN, infinity, or a number beyond float32")
    _refuse(largest == 0.0, field, "is all zeros, which has no direction")
    rows /= largest[:, np.newaxis]  # first to a largest of 1: squaring neither overflows nor vanishes
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows, np.float32)


def _refuse(bad: NDArray[np.bool_], field: str, why: str) -> None:
    if bad.any():
        others = f" ({int(bad.sum())} rows are like that)" if bad.sum() > 1 else ""
        raise InvalidVectors(f"{field}[{int(bad.argmax())}] {why}{others}.")


def require_dimension(vectors: Vectors, dimension: int, field: str) -> None:
    if vectors.shape[1] != dimension:
        raise InvalidVectors(f"{field} have {vectors.shape[1]} dimensions; the collection has {dimension}.")


def checked_ids(ids: NDArray[Any]) -> Ids:
    """Unique int64, from 0 up."""
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise InvalidVectors(f"ids must be a list of whole numbers, not {ids.dtype} of shape {ids.shape}.")
    if len(ids) and (int(ids.min()) < 0 or int(ids.max()) >= 2**63):
        raise InvalidVectors("ids must be from 0 to 9223372036854775807.")
    checked: Ids = ids.astype(np.int64)
    if len(np.unique(checked)) != len(checked):
        raise InvalidVectors("ids must be unique within one request.")
    return checked
