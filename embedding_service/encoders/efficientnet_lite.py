"""EfficientNet-Lite in a few lines of torch, for state dicts in the layout of TensorFlow's release.

M. Tan and Q. Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", 2019; the Lite
variants leave out squeeze-and-excite and swish. Batch norms are folded into the convolutions.
"""

from collections.abc import Mapping

import torch
from PIL import Image
from torch import Tensor, nn

from embedding_service.encoders.geometry import Geometry

State = Mapping[str, Tensor]

FEATURES = 1280
MEAN = (127 / 255,) * 3
STD = (128 / 255,) * 3
_NORM_EPSILON = 1e-3
_FIRST_STRIDES = (1, 2, 2, 2, 1, 2, 1)
_REPEATS = {16: (1, 2, 2, 3, 3, 4, 1), 21: (1, 3, 3, 4, 4, 5, 1)}
"""Blocks of each stage, by how many there are in all: Lite0 and Lite2."""


class Convolution(nn.Module):
    """Padded as TensorFlow's `SAME` does: where one side gets more, it is the right and lower one."""

    def __init__(
        self, state: State, name: str, norm: str, side: int, stride: int, *, activated: bool
    ) -> None:
        super().__init__()
        weight, bias = _folded(state, name, norm)
        kernel, grouped = weight.shape[-1], weight.shape[1] == 1
        padding = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        before = padding // 2
        self.pad = nn.ZeroPad2d((before, padding - before, before, padding - before))
        groups = len(weight) if grouped else 1
        self.convolution = nn.Conv2d(weight.shape[1] * groups, len(weight), kernel, stride, groups=groups)
        self.convolution.weight, self.convolution.bias = nn.Parameter(weight), nn.Parameter(bias)
        self.activation = nn.ReLU6() if activated else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        activated: Tensor = self.activation(self.convolution(self.pad(x)))
        return activated


class Residual(nn.Module):
    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: Tensor) -> Tensor:
        together: Tensor = x + self.layers(x)
        return together


def trunk(state: State, side: int) -> nn.Sequential:
    """Normalised pictures `(n, 3, side, side)` to features `(n, 1280)`.

    `KeyError` where the weights are of no known size.
    """
    blocks = {int(name.split(".")[1]) for name in state if name.startswith("_blocks.")}
    layers: list[nn.Module] = [Convolution(state, "_conv_stem", "_bn0", side, 2, activated=True)]
    side, number = -(-side // 2), 0
    for first_stride, repeats in zip(_FIRST_STRIDES, _REPEATS[len(blocks)], strict=True):
        for repeat in range(repeats):
            stride = 1 if repeat else first_stride
            block = _block(state, f"_blocks.{number}", side, stride)
            layers.append(Residual(block) if repeat else block)
            side, number = -(-side // stride), number + 1
    layers.append(Convolution(state, "_conv_head", "_bn1", side, 1, activated=True))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def geometry(side: int) -> Geometry:
    """As the weights were published: the shorter edge to 8/7 of the side, the centre cut out."""
    return Geometry(round(side * 8 / 7), side, side, Image.Resampling.BICUBIC, 1 / 255, MEAN, STD)


def _block(state: State, name: str, side: int, stride: int) -> nn.Sequential:
    layers = []
    if f"{name}._expand_conv.weight" in state:
        layers.append(Convolution(state, f"{name}._expand_conv", f"{name}._bn0", side, 1, activated=True))
    layers.append(Convolution(state, f"{name}._depthwise_conv", f"{name}._bn1", side, stride, activated=True))
    after = -(-side // stride)
    layers.append(Convolution(state, f"{name}._project_conv", f"{name}._bn2", after, 1, activated=False))
    return nn.Sequential(*layers)


def _folded(state: State, convolution: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of a convolution and the batch norm after it."""
    deviation = torch.sqrt(state[f"{norm}.running_var"].double() + _NORM_EPSILON)
    factor = state[f"{norm}.weight"].double() / deviation
    weight = state[f"{convolution}.weight"].double() * factor.view(-1, 1, 1, 1)
    bias = state[f"{norm}.bias"].double() - state[f"{norm}.running_mean"].double() * factor
    return weight.float(), bias.float()
