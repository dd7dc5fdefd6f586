"""The picture side of a torch encoder as one module, from the pixels that `prepare` gives to vectors."""

from collections.abc import Sequence

import torch


class PictureModule(torch.nn.Module):
    """uint8 `(n, height, width, 3)` to `(n, dimension)`: normalised in float32, then `features`."""

    factor: torch.Tensor
    offset: torch.Tensor

    def __init__(
        self, features: torch.nn.Module, scale: float, mean: Sequence[float], std: Sequence[float]
    ) -> None:
        """`features` maps `(n, 3, height, width)` to vectors, in the type that its weights have."""
        super().__init__()
        self.features = features
        self.register_buffer("factor", torch.tensor([scale / s for s in std]).view(1, 3, 1, 1))
        offset = torch.tensor([m / s for m, s in zip(mean, std, strict=True)])
        self.register_buffer("offset", offset.view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        channels_first = pixels.permute(0, 3, 1, 2).float() * self.factor - self.offset
        weights = next(self.features.parameters())
        features: torch.Tensor = self.features(channels_first.to(weights.dtype))
        return features
