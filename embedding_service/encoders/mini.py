"""The bundled mini encoder: pictures and words to one space, from a few megabytes in the repository."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.mini_model import ConvNorm, MiniConfig, MiniModel
from embedding_service.encoders.resizing import resize
from embedding_service.encoders.specs import EncoderSpec

WEIGHTS = Path(__file__).parent / "mini_weights"


@dataclass(frozen=True)
class Preprocessing:
    """What `preprocessor_config.json` says: squash to the largest of `sizes`, and look at each of them."""

    sizes: tuple[int, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def normalise(self, pixels: Pixels) -> Tensor:
        """Bytes `(n, h, w, 3)` to floats `(n, 3, h, w)`."""
        floats = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
        return (floats - torch.tensor(self.mean).view(1, 3, 1, 1)) / torch.tensor(self.std).view(1, 3, 1, 1)


class MiniEncoder(Encoder):
    def __init__(self, spec: EncoderSpec, folder: Path = WEIGHTS) -> None:
        """Read `config.json`, `tokenizer.json`, `preprocessor_config.json` and `model.safetensors`."""
        super().__init__(spec)
        self.preprocessing = read_preprocessing(folder / "preprocessor_config.json")
        self.size = max(self.preprocessing.sizes)
        self.least_side = 2 * self.size
        self.model = load_model(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def prepare(self, image: Image.Image) -> Pixels:
        """The whole picture, squashed to a square: what lies at its edges counts too."""
        return resize(image, self.size, self.size, Image.Resampling.BICUBIC)

    @torch.inference_mode()
    def _encode_pixels(self, pixels: Pixels) -> NDArray[np.float32]:
        return np.asarray(self.look(self.preprocessing.normalise(pixels)).numpy(), np.float32)

    def look(self, pictures: Tensor) -> Tensor:
        """Normalised pictures `(n, 3, size, size)` to vectors `(n, dimension)`."""
        return look(self.model, pictures, self.preprocessing.sizes)

    def too_long(self, text: str) -> bool:
        return bool(self.tokenizer.encode(text).overflowing)

    def count_tokens(self, text: str) -> int:
        return sum(self.tokenizer.encode(text).attention_mask)

    @torch.inference_mode()
    def _encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """What goes past the tower's length is ignored."""
        ids = torch.tensor([encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))])
        return np.asarray(self.model.text(ids).numpy(), np.float32)


def look(model: MiniModel, pictures: Tensor, sizes: tuple[int, ...]) -> Tensor:
    """Normalised pictures of the largest size to vectors `(n, dimension)`: the sum over all sizes."""
    vectors = torch.zeros(len(pictures), model.config.dimension)
    for size in sizes:
        vectors += model.image(seen(pictures, size)).float()
    return vectors


def seen(pictures: Tensor, size: int) -> Tensor:
    """Pictures `(n, 3, side, side)` at one size, as the image tower takes them."""
    resized = pictures if size == pictures.shape[-1] else shrink(pictures, size)
    return resized.contiguous(memory_format=torch.channels_last)


def shrink(pictures: Tensor, size: int) -> Tensor:
    """Resize in float32, the one type that antialiasing knows on a CPU."""
    smaller = functional.interpolate(pictures.float(), (size, size), mode="bilinear", antialias=True)
    return smaller.to(pictures.dtype)


def load_model(folder: Path) -> MiniModel:
    """Both towers in float32, norms folded into the convolutions. Raises `BrokenCheckpoint`."""
    model = read_model(folder)
    for module in model.modules():
        if isinstance(module, ConvNorm):
            module.fold()
    return model


def read_model(folder: Path) -> MiniModel:
    """Both towers in float32 as they are stored. Raises `BrokenCheckpoint`."""
    model = MiniModel(read_config(folder / "config.json"))
    try:
        weights = load_file(folder / "model.safetensors")
        missing, unexpected = model.load_state_dict(weights, strict=False)
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BrokenCheckpoint(f"{folder} can't be loaded: {error}") from error
    absent = [name for name in missing if not name.endswith("num_batches_tracked")]
    if absent or unexpected:
        raise BrokenCheckpoint(f"{folder}: model.safetensors doesn't fit config.json: {absent or unexpected}")
    return model.train(False)


def read_config(path: Path) -> MiniConfig:
    """Sizes of the towers; lists become tuples, other keys are left out."""
    content = json.loads(path.read_text())
    known: dict[str, Any] = {field.name: content[field.name] for field in fields(MiniConfig)}
    known |= {key: tuple(value) for key, value in known.items() if isinstance(value, list)}
    return MiniConfig(**known)


def read_preprocessing(path: Path) -> Preprocessing:
    content = json.loads(path.read_text())
    return Preprocessing(tuple(content["sizes"]), tuple(content["image_mean"]), tuple(content["image_std"]))
