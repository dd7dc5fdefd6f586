"""Every choice that is compared trains otherwise than the recipe, and leaves nothing changed."""

import numpy as np
import pytest
import torch

from benchmarks.mini_choices import CHOICES, Captions, changed, follow
from embedding_service.encoders.mini_model import MiniConfig
from training import augment, train
from training.captions import read_concepts, train_tokenizer
from training.data import Photos
from training.labels import Learner

CONCEPTS = read_concepts()
TOKENIZER = train_tokenizer(CONCEPTS, MiniConfig.vocabulary, MiniConfig.text_length)
SMALL_BATCH = ((train, "BATCH", 100),)
PICTURES = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def photos() -> Photos:
    draws = np.random.default_rng(0)
    labels = sorted(CONCEPTS.leaf_of)
    pixels = draws.integers(0, 255, (40, 64, 64, 3), np.uint8)
    return Photos(pixels, draws.integers(0, len(labels), 40), labels)


@pytest.fixture(scope="module")
def recipe(photos: Photos) -> Learner:
    return towers("the recipe", photos)


def towers(name: str, photos: Photos) -> Learner:
    """After two steps with small batches."""
    with changed(SMALL_BATCH):
        return follow(CHOICES[name], 2, photos, CONCEPTS, TOKENIZER)


@pytest.mark.parametrize("name", [name for name in CHOICES if name != "the recipe"])
def test_a_choice_trains_otherwise_and_leaves_nothing_changed(
    name: str, photos: Photos, recipe: Learner
) -> None:
    before = (train.PARENTS, augment.AREA, augment.RATIO, augment.COLOUR)
    learner = towers(name, photos)
    found = learner.image(PICTURES)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(3))
    assert not torch.allclose(found, recipe.image(PICTURES), atol=1e-4)
    assert isinstance(learner.answers, Captions) == name.startswith("captions")
    assert before == (train.PARENTS, augment.AREA, augment.RATIO, augment.COLOUR)


def test_the_same_choice_gives_the_same_towers(photos: Photos, recipe: Learner) -> None:
    again = towers("the recipe", photos).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in recipe.state_dict().items())
