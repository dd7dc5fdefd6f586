"""Real loading of small checkpoints, and the same numbers as transformers' own classes give."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPModel, CLIPProcessor

from embedding_service.encoders.checkpoint import BrokenCheckpoint, local_spec, sha256_of
from embedding_service.encoders.load import load_encoder
from tests.embedding_service.drawn import photo

TEXTS = ["a red bus in the rain", "two dogs", "a " * 40]


def reference(folder: Path, **inputs: Any) -> Any:
    processor, model = CLIPProcessor.from_pretrained(folder), CLIPModel.from_pretrained(folder)
    assert model.dtype == torch.float32
    tokens = processor(return_tensors="pt", padding=True, truncation=True, **inputs)
    with torch.inference_mode():
        get = model.get_image_features if "images" in inputs else model.get_text_features
        return torch.nn.functional.normalize(get(**tokens).pooler_output).numpy()


def test_pictures_agree_with_transformers(checkpoint: Path) -> None:
    encoder = load_encoder(local_spec(checkpoint, None), checkpoint)
    images = [photo(640, 480), photo(333, 500, 1), photo(100, 80, 2)]
    cosines = (encoder.embed_images(images) * reference(checkpoint, images=images)).sum(1)
    assert cosines.min() > 0.9999


def test_texts_agree_with_transformers(checkpoint: Path) -> None:
    encoder = load_encoder(local_spec(checkpoint, None), checkpoint)
    np.testing.assert_allclose(encoder.embed_texts(TEXTS), reference(checkpoint, text=TEXTS), atol=1e-5)


def test_local_folder_is_named_by_its_weights(checkpoint: Path) -> None:
    spec = local_spec(checkpoint, "my/clip")
    assert spec.fingerprint == f"my/clip@{sha256_of(checkpoint / 'model.safetensors')[:12]}:512"
    assert local_spec(checkpoint, None).name == checkpoint.name


@pytest.fixture
def copy(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "copy"))


def fails(folder: Path) -> str:
    with pytest.raises(BrokenCheckpoint) as raised:
        load_encoder(local_spec(folder, None), folder)
    line = str(raised.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_missing_file(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert name in fails(copy)


def test_pickled_weights_are_not_read(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    assert "no model.safetensors" in fails(copy)


def test_cut_short_weights(copy: Path) -> None:
    data = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(data[: len(data) // 2])
    assert str(copy) in fails(copy)


def test_lacking_tensors_are_not_made_up(copy: Path) -> None:
    tensors = load_file(copy / "model.safetensors")
    del tensors["visual_projection.weight"]
    save_file(tensors, copy / "model.safetensors", {"format": "pt"})
    assert "visual_projection.weight" in fails(copy)


def test_tensors_of_another_shape(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"projection_dim": 8}))
    assert str(copy) in fails(copy)


@pytest.mark.parametrize("config", ["{", "[]", '{"model_type": "bert"}'])
def test_other_configurations(copy: Path, config: str) -> None:
    (copy / "config.json").write_text(config)
    assert "config.json" in fails(copy)


def test_damaged_tokenizer(copy: Path) -> None:
    (copy / "tokenizer.json").write_text("{")
    assert str(copy) in fails(copy)
