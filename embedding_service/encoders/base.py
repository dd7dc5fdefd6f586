"""What every encoder shares: the loop over batches, unit length, the check that all numbers are finite."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.arrays import Pixels, Vectors
from embedding_service.encoders.specs import EncoderSpec

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


class Runtime(Protocol):
    """What may run an encoder's picture side instead of the encoder itself."""

    name: str
    device: str
    """As torch names it; the encoder's text side moves there too, in float32."""

    def __call__(self, pixels: Pixels) -> NDArray[Any]:
        """Pixels `(n, height, width, 3)` to vectors `(n, dimension)` of any length; one call at a time."""

    def adopted(self) -> None:
        """Called once, when it is this one that encodes pictures from now on."""


class EncoderFailed(RuntimeError):
    """The encoder answered something that isn't a vector: its weights are damaged."""


class Encoder(ABC):
    """A family overrides `prepare` (one picture to its input pixels) and `_encode_pixels`; where it has a
    text side, `_encode_texts` too. `prepare` runs in the decoding threads, the other two one call at a time.
    """

    batch_size = 32
    least_side = 0
    """A JPEG may be decoded at a reduced size whose shorter side is no less than this; 0: always in full."""

    image_side: "torch.nn.Module | None" = None
    """The picture side as a torch module, where there is one: other runtimes are made from it."""

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec
        self._runtime: Runtime | None = None

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
        encode = self._runtime or self._encode_pixels
        return self._in_batches(pixels, lambda batch: encode(np.stack(batch)))

    def reference(self, pixels: Pixels) -> NDArray[Any]:
        """Pixels `(n, height, width, 3)` to float32 vectors of any length, whatever runtime is used else."""
        return self._encode_pixels(pixels)

    @property
    def runtime(self) -> str:
        """What encodes pictures, in words."""
        if self._runtime is not None:
            return self._runtime.name
        return "torch float32" if self.image_side is not None else "built in"

    def adopt(self, runtime: Runtime) -> None:
        """Let a proven runtime encode pictures from now on; the reference's memory is given back."""
        self._runtime, self.image_side = runtime, None
        runtime.adopted()

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
