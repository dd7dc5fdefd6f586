"""Each family through its real loading code, against its own reference implementation."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional
from transformers import (
    BitImageProcessorPil,
    CLIPImageProcessorPil,
    CLIPModel,
    ConvNextImageProcessorPil,
    Dinov2Model,
    ResNetModel,
    SiglipImageProcessorPil,
    SiglipModel,
)

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.torch_encoder import TorchEncoder
from picture_files.reader import PictureLimits, read_picture
from tests.embedding_service.drawn import photo
from tests.embedding_service.families import IMAGENET_MEAN, IMAGENET_STD, write_family

Floats = NDArray[np.float32]
SIZES = [(640, 480), (480, 640), (427, 640), (640, 359), (500, 333), (97, 61), (30, 40), (1, 1), (225, 224)]
PHOTOS = [photo(*size, seed) for seed, size in enumerate(SIZES)]


@dataclass(frozen=True)
class Reference:
    """What the family's own code shows its model of `PHOTOS`, and the vectors that it makes of such input."""

    see: Callable[[Path], Floats]
    embed: Callable[[Path, Floats], Floats]


def transformers_reference(model: Any, processor: Any, get: Callable[[Any, Any], Any]) -> Reference:
    def see(folder: Path) -> Floats:
        return np.stack([processor.from_pretrained(folder)(image)["pixel_values"][0] for image in PHOTOS])

    def embed(folder: Path, pixels: Floats) -> Floats:
        with torch.inference_mode():
            features = get(model.from_pretrained(folder).eval(), torch.tensor(pixels))
        return np.asarray(functional.normalize(features).numpy())

    return Reference(see, embed)


def see_as_torchvision(_folder: Path) -> Floats:
    """torchvision's preset: resize to 256, cut 224 (to the nearest even half)."""
    return np.stack([_as_torchvision(image) for image in PHOTOS])


def embed_as_vgg_16(folder: Path, pixels: Floats) -> Floats:
    """VGG-16 written out."""
    features, state = torch.tensor(pixels), torch.load(folder / "vgg.pth", weights_only=True)
    for stage in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
        for number in stage:
            weight, bias = state[f"features.{number}.weight"], state[f"features.{number}.bias"]
            features = functional.relu(functional.conv2d(features, weight, bias, padding=1))
        features = functional.max_pool2d(features, 2, 2)
    averages = functional.adaptive_avg_pool2d(features, 1).flatten(1)
    return np.asarray(functional.normalize(averages).numpy())


def _as_torchvision(image: Image.Image) -> Floats:
    short, long = sorted(image.size)
    scaled = int(256 * long / short)
    size = (256, scaled) if image.width <= image.height else (scaled, 256)
    resized = np.asarray(image.resize(size, Image.Resampling.BILINEAR), np.float32) / 255
    top, left = (round((side - 224) / 2.0) for side in resized.shape[:2])
    cut = (resized[top : top + 224, left : left + 224] - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
    return np.asarray(cut, np.float32).transpose(2, 0, 1)


REFERENCES = {
    "clip": transformers_reference(
        CLIPModel, CLIPImageProcessorPil, lambda model, x: model.get_image_features(x).pooler_output
    ),
    "siglip": transformers_reference(
        SiglipModel, SiglipImageProcessorPil, lambda model, x: model.get_image_features(x).pooler_output
    ),
    "siglip2": transformers_reference(
        SiglipModel, SiglipImageProcessorPil, lambda model, x: model.get_image_features(x).pooler_output
    ),
    "dinov2": transformers_reference(
        Dinov2Model, BitImageProcessorPil, lambda model, x: model(x).last_hidden_state[:, 0]
    ),
    "resnet": transformers_reference(
        ResNetModel, ConvNextImageProcessorPil, lambda model, x: model(x).last_hidden_state.mean((2, 3))
    ),
    "vgg": Reference(see_as_torchvision, embed_as_vgg_16),
}


@pytest.fixture(scope="module", params=REFERENCES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(family: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_family(family, tmp_path_factory.mktemp(family))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TorchEncoder:
    encoder = load_encoder(local_spec(folder, None), folder)
    assert isinstance(encoder, TorchEncoder)
    return encoder


def test_sees_what_the_reference_does(family: str, folder: Path, encoder: TorchEncoder) -> None:
    """But for rounding: by one of 255, hardly ever by two."""
    theirs = REFERENCES[family].see(folder)
    ours = np.stack([encoder.prepare(image) for image in PHOTOS])
    level = encoder.geometry.scale / min(encoder.geometry.std)
    apart = np.abs(_normalised(ours, encoder) - theirs) / level
    assert apart.max() <= 2 + 1e-4
    assert (apart > 1 + 1e-4).mean() <= 1 / 5000
    assert apart.mean() <= 0.3


def test_says_what_the_reference_does(family: str, folder: Path, encoder: TorchEncoder) -> None:
    """The very same numbers of the same pixels, and the same direction from picture to vector."""
    reference = REFERENCES[family]
    found = encoder.embed_images(PHOTOS)
    ours = np.stack([encoder.prepare(image) for image in PHOTOS])
    same = reference.embed(folder, _normalised(ours, encoder))
    np.testing.assert_allclose(found[:, :8], same[:, :8], atol=2e-5)
    theirs = reference.embed(folder, reference.see(folder))
    assert (found * theirs).sum(1).min() >= 0.9999


def _normalised(pixels: Pixels, encoder: TorchEncoder) -> Floats:
    geometry = encoder.geometry
    normalised = (pixels * geometry.scale - np.array(geometry.mean)) / np.array(geometry.std)
    return np.asarray(normalised, np.float32).transpose(0, 3, 1, 2)


def test_the_reference_can_tell_pictures_apart(family: str, folder: Path) -> None:
    reference = REFERENCES[family]
    vectors = reference.embed(folder, reference.see(folder))
    assert (vectors[1:] @ vectors[0]).min() < 0.9999


def test_12_megapixels_decoded_smaller(encoder: TorchEncoder, phone_photo: bytes) -> None:
    small = read_picture(io.BytesIO(phone_photo), PictureLimits(), encoder.least_side)
    whole = read_picture(io.BytesIO(phone_photo), PictureLimits())
    assert small.width < whole.width
    first, second = (np.asarray(encoder.prepare(image), float).ravel() for image in (small, whole))
    assert np.corrcoef(first, second)[0, 1] > 0.999
    assert np.dot(*encoder.embed_images([small, whole])) >= 0.999


def test_a_folder_says_its_family(family: str, folder: Path) -> None:
    spec = local_spec(folder, "my/encoder")
    assert spec.family == {"siglip2": "siglip"}.get(family, family)
    assert spec.name == "my/encoder"
    assert ("text" in spec.modalities) == (family in ("clip", "siglip", "siglip2"))
