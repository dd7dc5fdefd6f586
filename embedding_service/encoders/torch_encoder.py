"""What all families that torch runs share: the checkpoint's own geometry, and its model, in float32."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder, Runtime
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.geometry import Geometry
from embedding_service.encoders.specs import EncoderSpec


class ImageSide(torch.nn.Module):
    """uint8 pixels `(n, height, width, 3)` to vectors `(n, dimension)`: normalisation happens inside."""

    factor: torch.Tensor
    offset: torch.Tensor

    def __init__(self, model: torch.nn.Module, geometry: Geometry) -> None:
        """`model` maps `(n, 3, height, width)` to vectors, in the number type that its weights have."""
        super().__init__()
        self.model = model
        std = torch.tensor(geometry.std).view(1, 3, 1, 1)
        self.register_buffer("factor", geometry.scale / std)
        self.register_buffer("offset", torch.tensor(geometry.mean).view(1, 3, 1, 1) / std)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        normalised = pixels.permute(0, 3, 1, 2).float() * self.factor - self.offset
        weights = next(self.model.parameters())
        features: torch.Tensor = self.model(normalised.to(weights.dtype))
        return features


class Pooled(torch.nn.Module):
    """A model of transformers' whose pooled output is the picture's vector."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self.model(pixel_values=pixel_values).pooler_output.flatten(1)
        return features


class TorchEncoder(Encoder):
    """A family loads its model, and gives the part of it that maps normalised pixels to vectors."""

    _text_side: Any = None
    """The model of a family that embeds texts too; it shares no weights with the image side."""

    _text_device = "cpu"

    def __init__(self, spec: EncoderSpec, model: torch.nn.Module, geometry: Geometry) -> None:
        """`model`: `(n, 3, height, width)` to vectors `(n, dimension)` of any length."""
        super().__init__(spec)
        self.geometry = geometry
        self.least_side = geometry.least_side
        self.image_side = ImageSide(model, geometry).eval()

    def prepare(self, image: Image.Image) -> Pixels:
        return self.geometry(image)

    def adopt(self, runtime: Runtime) -> None:
        """Both sides lie in one file mapped into memory: it is let go once the texts' has its own copy.

        That copy goes where the runtime's is: beside it on a GPU, in float32 still.
        """
        super().adopt(runtime)
        if self._text_side is not None:
            for weights in self._text_side.parameters():
                weights.data = weights.data.to(runtime.device, copy=True)
            self._text_side.to(runtime.device)  # what else it holds, positions for example
            self._text_device = runtime.device

    @torch.inference_mode()
    def _encode_pixels(self, pixels: Pixels) -> NDArray[np.float32]:
        if self.image_side is None:
            raise RuntimeError(f"{self.spec.name}: another runtime encodes its pictures")
        return np.asarray(self.image_side(torch.from_numpy(pixels)).numpy(), np.float32)


def check_dimension(spec: EncoderSpec, found: int, folder: Path) -> None:
    """Raises `BrokenCheckpoint` when the model in the folder isn't the row's."""
    if found != spec.dimension:
        raise BrokenCheckpoint(f"{folder}: {found} dimensions, not {spec.dimension}")
