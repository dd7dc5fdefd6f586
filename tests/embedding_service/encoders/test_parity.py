"""Our CLIP path against transformers' own, at full size: ViT-B/32 with random weights, in float32."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel, CLIPProcessor, CLIPTokenizer

from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from picture_files.reader import PictureLimits, read_picture
from tests.embedding_service.checkpoints import write_preprocessor
from tests.embedding_service.drawn import photo

# The public configuration of openai/clip-vit-base-patch32; only the text side, not used here, is smaller.
VISION = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 224,
    "patch_size": 32,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-05,
}
TEXT = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
# The sizes of COCO photos, and some that round badly.
SIZES = [
    (640, 480),
    (480, 640),
    (640, 427),
    (427, 640),
    (500, 375),
    (333, 500),
    (640, 359),
    (224, 224),
    (97, 61),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vit-b-32")
    torch.manual_seed(3)
    CLIPModel(CLIPConfig(vision_config=VISION, text_config=TEXT, projection_dim=512)).save_pretrained(folder)
    CLIPTokenizer(vocab={"<|startoftext|>": 0, "<|endoftext|>": 1}, merges=[]).save_pretrained(folder)
    write_preprocessor(folder, 224)
    return folder


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return load_encoder(local_spec(folder, None), folder)


def test_photos_of_many_sizes(folder: Path, encoder: Encoder) -> None:
    photos = [photo(*size, seed) for seed, size in enumerate(SIZES)]
    inputs = CLIPProcessor.from_pretrained(folder)(images=photos, return_tensors="pt")
    with torch.inference_mode():
        features = CLIPModel.from_pretrained(folder).get_image_features(**inputs).pooler_output
    theirs = torch.nn.functional.normalize(features).numpy()
    cosines = (encoder.embed_images(photos) * theirs).sum(1)
    assert cosines.min() >= 0.9999, dict(zip(SIZES, cosines.tolist(), strict=True))


def test_12_megapixels_decoded_smaller(encoder: Encoder, phone_photo: bytes) -> None:
    small = read_picture(io.BytesIO(phone_photo), PictureLimits(), encoder.least_side)
    assert small.size == (1000, 750)
    first, second = encoder.embed_images([small, read_picture(io.BytesIO(phone_photo), PictureLimits())])
    assert np.dot(first, second) >= 0.999
