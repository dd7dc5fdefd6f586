"""Arrays on the wire: whatever comes in is an array or a 400, and never costs more than its own bytes."""

import io

import numpy as np
import pytest

from service_kit.arrays import from_npy, from_npz, to_npy, to_npz
from service_kit.problems import BadRequest

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize("array", [ROWS, np.asfortranarray(ROWS), ROWS[:0], np.array([1, 2], np.int64)])
def test_npy_round_trip(array: np.ndarray) -> None:
    assert np.array_equal(from_npy(to_npy(array)), array)


def test_npz_round_trip_in_the_order_asked_for() -> None:
    vectors, ids = from_npz(to_npz(ids=np.array([7, 8]), vectors=ROWS), "vectors", "ids")
    assert ids.tolist() == [7, 8]
    assert np.array_equal(vectors, ROWS)


def _claiming(shape: str, dtype: str = "<f4") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 24


BAD_NPY = {
    "empty": b"",
    "text": b"hello",
    "magic only": b"\x93NUMPY\x01\x00",
    "unknown version": b"\x93NUMPY\x09\x00" + b"\0" * 30,
    "cut short": to_npy(ROWS)[:-1],
    "something behind it": to_npy(ROWS) + b"x",
    "claims terabytes": _claiming("(1000000000000, 512)"),
    "negative sides": _claiming("(-2, -3)"),
    "objects": _claiming("(3,)", "|O"),
    "strings": _claiming("(6,)", "<U1"),
    "header isn't python": b"\x93NUMPY\x01\x00\x05\x00((((\n",
    "deep header": b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"-" * 8999 + b"\n",
}


@pytest.mark.parametrize("body", BAD_NPY.values(), ids=BAD_NPY.keys())
def test_bad_npy_is_a_400(body: bytes) -> None:
    with pytest.raises(BadRequest):
        from_npy(body)


def _compressed() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, ids=np.zeros(3), vectors=np.zeros((1000, 1000)))
    return buffer.getvalue()


BAD_NPZ = {
    "empty": b"",
    "an npy": to_npy(ROWS),
    "cut short": to_npz(ids=ROWS, vectors=ROWS)[:-40],
    "zip magic only": b"PK\x03\x04" + b"\0" * 50,
    "an array missing": to_npz(ids=ROWS),
    "compressed (a zip bomb would be)": _compressed(),
}


@pytest.mark.parametrize("body", BAD_NPZ.values(), ids=BAD_NPZ.keys())
def test_bad_npz_is_a_400(body: bytes) -> None:
    with pytest.raises(BadRequest):
        from_npz(body, "ids", "vectors")
