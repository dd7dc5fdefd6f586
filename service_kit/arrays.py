"""Arrays on the wire between our services: `.npy` for one array, `.npz` for several; never pickled."""

import io

import numpy as np
from numpy.typing import NDArray

from service_kit.problems import BadRequest

NPY = "application/x-npy"
NPZ = "application/x-npz"


def to_npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def from_npy(body: bytes) -> NDArray[np.generic]:
    """Read one array; `BadRequest` when the body isn't a whole `.npy`."""
    buffer = io.BytesIO(body)
    try:
        array: NDArray[np.generic] = np.load(buffer, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadRequest(f"The body isn't a readable .npy array: {error}") from error
    if not isinstance(array, np.ndarray) or buffer.read(1):
        raise BadRequest("The body must be exactly one .npy array.")
    return array


def to_npz(**arrays: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def from_npz(body: bytes, *names: str) -> list[NDArray[np.generic]]:
    """Read the named arrays, in that order; `BadRequest` when one is missing or the body isn't an `.npz`."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            return [archive[name] for name in names]
    except (ValueError, EOFError, OSError, KeyError, AttributeError, TypeError) as error:
        raise BadRequest(f"The body must be an .npz archive with the arrays {', '.join(names)}.") from error
