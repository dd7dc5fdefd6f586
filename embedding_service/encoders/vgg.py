"""VGG-16 (11, 13, 19) in a few lines of torch, with torchvision's public weights: pictures only.

The vector is the last convolutions' output averaged over the picture: for retrieval it does better than the
4,096 numbers before the classifier, and is smaller (A. Babenko and V. Lempitsky, "Aggregating deep
convolutional features for image retrieval", 2015). The classifier, nine tenths of the file, isn't kept.
"""

import pickle
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from embedding_service.encoders.checkpoint import BrokenCheckpoint, state_file
from embedding_service.encoders.geometry import Geometry
from embedding_service.encoders.pretrained import DAMAGE, broken
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.encoders.torch_encoder import TorchEncoder, check_dimension

# As torchvision's ImageClassification preset prepares pictures.
GEOMETRY = Geometry(
    shortest_edge=256,
    height=224,
    width=224,
    resample=Image.Resampling.BILINEAR,
    scale=1 / 255,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
    rounds=True,
)


class VggEncoder(TorchEncoder):
    def __init__(self, spec: EncoderSpec, path: Path) -> None:
        """`path`: the state dict, or the folder it lies in. Only tensors are unpickled, no code."""
        path = state_file(path)
        state = _load(path)
        try:
            model = _convolutions({int(name.split(".")[0]): t for name, t in state.items() if t.dim() == 4})
            model.load_state_dict(state)
        except DAMAGE as error:
            raise broken(path, error) from error
        check_dimension(spec, len(list(state.values())[-1]), path)
        averaged = nn.Sequential(model, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        super().__init__(spec, averaged, GEOMETRY)


def _load(path: Path) -> dict[str, torch.Tensor]:
    """The tensors under `features.`, the prefix removed."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        named = {name: tensor for name, tensor in state.items() if name.startswith("features.")}
    except (*DAMAGE, pickle.UnpicklingError, EOFError) as error:
        raise broken(path, error) from error
    if not named:
        raise BrokenCheckpoint(f"{path} has no tensors named features.…: it isn't torchvision's VGG")
    return {name.removeprefix("features."): tensor for name, tensor in named.items()}


def _convolutions(weights: dict[int, torch.Tensor]) -> nn.Sequential:
    """The layers around the weights: torchvision numbers them, and a gap after a ReLU is a pooling."""
    layers: list[nn.Module] = []
    for number, weight in sorted(weights.items()):
        while len(layers) < number:
            layers.append(nn.MaxPool2d(2))
        layers += [nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.MaxPool2d(2))
