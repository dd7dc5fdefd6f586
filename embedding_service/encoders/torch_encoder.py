"""What all families that torch runs share: the checkpoint's own geometry, and its model, in float32."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.base import Encoder, Pixels
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.geometry import Geometry
from embedding_service.encoders.specs import EncoderSpec


class ImageSide(torch.nn.Module):
    """uint8 pixels `(n, height, width, 3)` to vectors `(n, dimension)`: normalisation happens inside."""

    factor: torch.Tensor
    offset: torch.Tensor

    def __init__(
        self, model: torch.nn.Module, features: Callable[[torch.Tensor], torch.Tensor], geometry: Geometry
    ) -> None:
        super().__init__()
        self.model, self._features = model, features
        std = torch.tensor(geometry.std).view(1, 3, 1, 1)
        self.register_buffer("factor", geometry.scale / std)
        self.register_buffer("offset", torch.tensor(geometry.mean).view(1, 3, 1, 1) / std)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self._features(pixels.permute(0, 3, 1, 2).float() * self.factor - self.offset)


class TorchEncoder(Encoder):
    """A family loads its model and says which of the model's outputs is the picture's vector."""

    def __init__(self, spec: EncoderSpec, model: Any, geometry: Geometry) -> None:
        super().__init__(spec)
        self._model, self.geometry = model, geometry
        self.least_side = geometry.least_side
        self.image_side = ImageSide(model, self._image_features, geometry).eval()

    @abstractmethod
    def _image_features(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Normalised pixels `(n, 3, height, width)` to vectors `(n, dimension)` of any length."""

    def prepare(self, image: Image.Image) -> Pixels:
        return self.geometry(image)

    @torch.inference_mode()
    def _encode_pixels(self, pixels: Pixels) -> NDArray[np.float32]:
        return np.asarray(self.image_side(torch.from_numpy(pixels)).numpy(), np.float32)


def check_dimension(spec: EncoderSpec, found: int, folder: Path) -> None:
    """Raises `BrokenCheckpoint` when the model in the folder isn't the row's."""
    if found != spec.dimension:
        raise BrokenCheckpoint(f"{folder}: {found} dimensions, not {spec.dimension}")
