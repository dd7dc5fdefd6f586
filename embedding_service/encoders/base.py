"""What every encoder shares: the loop over batches, unit length, the check that all numbers are finite."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.specs import EncoderSpec

Pixels = NDArray[np.uint8]
Vectors = NDArray[np.float32]
T = TypeVar("T")


class EncoderFailed(RuntimeError):
    """The encoder answered something that isn't a vector: its weights are damaged."""


class Encoder(ABC):
    """A family overrides `prepare` (one picture to its input pixels) and `_encode_pixels`; where it has a
    text side, `_encode_texts` too. `prepare` runs in the decoding threads, the other two one call at a time.
    """

    batch_size = 32
    least_side = 0
    """A JPEG may be decoded at a reduced size whose shorter side is no less than this; 0: always in full."""

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec

    @abstractmethod
    def prepare(self, image: Image.Image) -> Pixels:
        """An RGB picture to the pixels `(height, width, 3)` the model sees; one shape for every picture."""

    @abstractmethod
    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        """Pixels `(n, height, width, 3)` to vectors `(n, dimension)` of any length."""

    def _encode_texts(self, texts: Sequence[str]) -> NDArray[Any]:
        """Texts to vectors `(n, dimension)` of any length."""
        raise NotImplementedError(f"{self.spec.name} has no text side ({len(texts)} texts)")

    def too_long(self, text: str) -> bool:  # noqa: ARG002
        """Whether only the beginning of this text is embedded, as far as the tokenizer reads."""
        return False

    def count_tokens(self, text: str) -> int:
        """How many tokens of a text the encoder reads; words, where it has no tokenizer."""
        return len(text.split())

    def embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        """RGB pictures of any size to unit vectors `(n, dimension)`."""
        return self.embed_pixels([self.prepare(image) for image in images])

    def embed_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        """What `prepare` returned, to unit vectors `(n, dimension)`."""
        return self._in_batches(pixels, lambda batch: self._encode_pixels(np.stack(batch)))

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts to unit vectors `(n, dimension)`, in the same space as the pictures."""
        return self._in_batches(texts, self._encode_texts)

    def _in_batches(self, items: Sequence[T], encode: Callable[[Sequence[T]], NDArray[Any]]) -> Vectors:
        vectors = np.empty((len(items), self.spec.dimension), np.float32)
        for start in range(0, len(items), self.batch_size):
            batch = items[start : start + self.batch_size]
            vectors[start : start + len(batch)] = self._unit(encode(batch))
        return vectors

    def _unit(self, vectors: NDArray[Any]) -> NDArray[Any]:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths == 0).any():
            raise EncoderFailed(f"{self.spec.name} gave a vector that is zero or not finite")
        unit: NDArray[Any] = vectors / lengths
        return unit
