"""Arrays on the wire between our services: `.npy` for one array, `.npz` for several; never pickled."""

import io
import zipfile
from math import prod

import numpy as np
from numpy.typing import NDArray

from service_kit.messages.message import message
from service_kit.problems import BadRequest

NPY = "application/x-npy"
NPZ = "application/x-npz"
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_MOST_AXES = 4


def to_npy(array: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def from_npy(body: bytes) -> NDArray[np.generic]:
    """Read one array of numbers; `BadRequest` when the body isn't exactly one whole `.npy`.

    `np.load` isn't used: it allocates whatever size the header claims before it looks at the data.
    """
    buffer = io.BytesIO(body)
    try:
        shape, fortran, dtype = _HEADERS[np.lib.format.read_magic(buffer)](buffer)
    except Exception as error:  # the header is Python source that NumPy evaluates: it may raise anything
        raise BadRequest(message("array-unreadable")) from error
    start = buffer.tell()
    if dtype.kind not in "biuf" or len(shape) > _MOST_AXES or not all(0 <= side < 2**31 for side in shape):
        raise BadRequest("The .npy array must hold plain numbers, along few axes.")
    if len(body) - start != prod(shape) * dtype.itemsize:
        raise BadRequest("The body must be exactly one .npy array: its size isn't what its header says.")
    return np.ndarray(shape, dtype, body, start, order="F" if fortran else "C").copy()


def to_npz(**arrays: NDArray[np.generic]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def from_npz(body: bytes, *names: str) -> list[NDArray[np.generic]]:
    """Read the named arrays, in that order; `BadRequest` when one is missing or the body isn't an `.npz`."""
    wanted = ", ".join(names)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in names]
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise BadRequest("The .npz must not be compressed: write it with np.savez.")
            return [from_npy(archive.read(member)) for member in members]
    except BadRequest:
        raise
    except Exception as error:  # zipfile raises whatever its parts do
        raise BadRequest(f"The body must be an .npz archive with the arrays {wanted}.") from error
