"""The two towers of the mini encoder: a small residual conv net and a one-layer transformer, one space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval


@dataclass(frozen=True)
class MiniConfig:
    """Sizes of both towers, as stored in `config.json`."""

    dimension: int = 256
    stem_width: int = 32
    widths: tuple[int, ...] = (128, 256, 512)
    depths: tuple[int, ...] = (2, 2, 0)
    vocabulary: int = 2048
    text_width: int = 192
    text_heads: int = 4
    text_length: int = 16


class ConvNorm(nn.Sequential):
    """Convolution and batch norm, without activation."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding=1, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(outputs))

    def fold(self) -> None:
        """Multiply the norm into the convolution, for good: the same result in one pass."""
        convolution, norm = self
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            self[0], self[1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()


class Block(nn.Module):
    """Two 3 x 3 convolutions around a shortcut. Dense ones: depthwise is slow on a CPU."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = ConvNorm(width, width)
        self.second = ConvNorm(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(x + self.second(functional.relu(self.first(x))))


class ImageTower(nn.Module):
    """Pictures `(n, 3, h, w)`, of any size from 32 pixels, to vectors `(n, dimension)`."""

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvNorm(3, config.stem_width, kernel=4, stride=2), nn.ReLU()]
        inputs = config.stem_width
        for width, depth in zip(config.widths, config.depths, strict=True):
            layers += [ConvNorm(inputs, width, stride=2), nn.ReLU()]
            layers += [Block(width) for _ in range(depth)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.project = nn.Linear(inputs, config.dimension)

    def pool(self, pixels: Tensor) -> Tensor:
        """What is seen anywhere in each picture, `(n, width)`."""
        pooled: Tensor = self.layers(pixels).mean(dim=(2, 3))
        return pooled

    def forward(self, pixels: Tensor) -> Tensor:
        return functional.normalize(self.project(self.pool(pixels)).float(), dim=-1)


class TextTower(nn.Module):
    """Token ids `(n, length)`, padded with 0, to vectors `(n, dimension)`."""

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        width = config.text_width
        self.heads = config.text_heads
        self.words = nn.Embedding(config.vocabulary, width, padding_idx=0)
        self.places = nn.Parameter(torch.randn(config.text_length, width) * 0.02)
        self.before_attention = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.before_mixing = nn.LayerNorm(width)
        self.mixing = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.after = nn.LayerNorm(width)
        self.project = nn.Linear(width, config.dimension)

    def forward(self, ids: Tensor) -> Tensor:
        present = ids != 0
        x = self.words(ids) + self.places[: ids.shape[1]]
        x = x + self.attend(self.before_attention(x), present)
        x = self.after(x + self.mixing(self.before_mixing(x)))
        weights = present.unsqueeze(-1).to(x.dtype)
        pooled = (x * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        return functional.normalize(self.project(pooled).float(), dim=-1)

    def attend(self, x: Tensor, present: Tensor) -> Tensor:
        """Every token `(n, length, width)` looks at those that are present."""
        count, length, width = x.shape
        parts = self.queries_keys_values(x).view(count, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts.unbind(0)
        mask = present[:, None, None, :] | ~present.any(dim=1)[:, None, None, None]
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        attended: Tensor = self.attended(mixed.transpose(1, 2).reshape(count, length, width))
        return attended


class MiniModel(nn.Module):
    """Both towers and the learned temperature of their cosine similarity."""

    def __init__(self, config: MiniConfig) -> None:
        super().__init__()
        self.config = config
        self.image = ImageTower(config)
        self.text = TextTower(config)
        self.log_scale = nn.Parameter(torch.tensor(2.8))
