"""What a picture looks like at a glance: 16 × 16 greys, by which its copies are told from its likenesses.

A copy that was compressed again or made smaller has nearly the same; another photo of the thing hasn't.
"""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from picture_files.reader import PictureLimits, read_small_picture

Signature = NDArray[np.float32]
SAME = 0.98
"""The product of two signatures from which on they are of one picture (benchmarks/duplicates.py)."""
_TURNED = 0.001
"""By so much more a mirrored picture is like the other one turned back: one that is nearly symmetrical."""
_SIDE = 16
_FLAT = 2.0  # deviation of the greys, of 255, under which there is nothing to tell


def signature_of(file: BinaryIO, limits: PictureLimits) -> Signature | None:
    """Shape (256,), unit length, mean 0; None for a picture of one colour."""
    small = read_small_picture(file, limits, 4 * _SIDE).convert("L")
    greys = np.asarray(small.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float32).ravel()
    greys = greys - greys.mean()
    if greys.std() < _FLAT:
        return None
    return np.asarray(greys / np.linalg.norm(greys), np.float32)


def are_copies(one: Signature, other: Signature) -> bool:
    """Not where one is the other's mirror image, which somebody may have wanted."""
    product = float(one @ other)
    turned = other.reshape(_SIDE, _SIDE)[:, ::-1].ravel()
    return product >= SAME and float(one @ turned) - product < _TURNED
