"""A run, however short, leaves an encoder that can be used, and the vectors that its texts will learn."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from embedding_service.encoders.mini import MiniEncoder
from embedding_service.encoders.specs import BY_NAME
from tests.training.test_data import write_all
from training import train
from training.captions import read_concepts
from training.finish import read_labels


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small steps over a few photos; returns the folder that the encoder will be in."""
    write_all(tmp_path)
    out = tmp_path / "towers"
    folders = ["--photos", str(tmp_path), "--work", str(tmp_path / "work"), "--out", str(out)]
    rest = ["--steps", "2", "--sides", "64", "32", "--threads", str(torch.get_num_threads())]
    monkeypatch.setattr(sys, "argv", ["train", *folders, *rest])
    monkeypatch.setattr(train, "BATCH", 100)
    return out


def test_it_leaves_an_encoder_and_the_vectors_of_labels(command: Path) -> None:
    train.main()
    concepts = read_concepts()
    labels = read_labels(command)
    assert labels.shape == (len(concepts.leaves) + len(concepts.parents), 256)
    torch.testing.assert_close(labels.norm(dim=1), torch.ones(len(labels)))
    encoder = MiniEncoder(BY_NAME["mini"], command)
    vectors = encoder.embed_images(
        [Image.new("RGB", (80, 60), "red"), Image.effect_noise((80, 60), 99).convert("RGB")]
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] < 0.999


def test_the_same_command_again_changes_nothing(command: Path) -> None:
    train.main()
    first = (command / "model.safetensors").read_bytes()
    train.main()
    assert (command / "model.safetensors").read_bytes() == first
