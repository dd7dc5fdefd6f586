"""A matrix that an encoder's vectors are multiplied with, pictures' and words' alike, and its name."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aggregate_service.evaluation.measures import Vectors

_LEARNED = re.compile(r"\+[0-9a-f]{8}(?=:\d+$)")


@dataclass(frozen=True, eq=False)
class Projection:
    """`plain` is the fingerprint of the encoder whose vectors it is for; `matrix` (d, d) is float16."""

    plain: str
    kind: str
    matrix: np.ndarray[tuple[int, ...], np.dtype[np.float16]]

    @classmethod
    def of(cls, plain: str, kind: str, matrix: Vectors) -> "Projection":
        return cls(plain, kind, np.ascontiguousarray(matrix, np.float16))

    @cached_property
    def fingerprint(self) -> str:
        """Of the vectors that it makes: the encoder's, with the matrix's own mark before the dimension."""
        encoder, _, dimension = self.plain.rpartition(":")
        return f"{encoder}+{hashlib.sha256(self.matrix.tobytes()).hexdigest()[:8]}:{dimension}"

    @cached_property
    def _weights(self) -> Vectors:
        return self.matrix.astype(np.float32)

    def apply(self, vectors: Vectors) -> Vectors:
        """Unit rows again; a row of NaN, which stands for what couldn't be embedded, stays one."""
        return projected(vectors, self._weights)


def projected(vectors: Vectors, matrix: Vectors) -> Vectors:
    rows = vectors @ matrix
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


def plain_fingerprint(fingerprint: str) -> str:
    """Of the encoder alone, whether or not a projection was applied to its vectors."""
    return _LEARNED.sub("", fingerprint)


def is_learned(fingerprint: str) -> bool:
    return plain_fingerprint(fingerprint) != fingerprint
