"""Every choice that is compared trains, with its one difference and nothing else changed afterwards."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.mini_choices import CHOICES, ClassVectors, changed, follow
from embedding_service.encoders.mini_model import MiniConfig
from training import augment, train
from training.captions import read_concepts, train_tokenizer
from training.data import Photos

CONCEPTS = read_concepts()
TOKENIZER = train_tokenizer(CONCEPTS, MiniConfig.vocabulary, MiniConfig.text_length)
SMALL = {"stem_width": 4, "widths": (8,), "depths": (1,), "text_width": 8, "dimension": 8}
PICTURES = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def photos() -> Photos:
    draws = np.random.default_rng(0)
    labels = sorted(CONCEPTS.leaf_of)
    pixels = draws.integers(0, 255, (40, 64, 64, 3), np.uint8)
    return Photos(pixels, draws.integers(0, len(labels), 40), labels)


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_trains_and_leaves_nothing_changed(name: str, photos: Photos) -> None:
    choice = replace(CHOICES[name], config=SMALL)
    before = (train.PARENTS, train.SCENES, augment.AREA, augment.RATIO, augment.COLOUR)
    with changed(((train, "BATCH", 12), (train, "SCENES", 4))):
        model = follow(choice, 2, photos, CONCEPTS, TOKENIZER)
    torch.testing.assert_close(model.image(PICTURES).norm(dim=1), torch.ones(3))
    assert isinstance(model.text, ClassVectors) == (name == "classes, not captions")
    assert before == (train.PARENTS, train.SCENES, augment.AREA, augment.RATIO, augment.COLOUR)


def test_the_same_choice_gives_the_same_tower(photos: Photos) -> None:
    with changed(((train, "BATCH", 12), (train, "SCENES", 4))):
        first, again, other = (
            follow(replace(CHOICES[name], config=SMALL), 2, photos, CONCEPTS, TOKENIZER)
            for name in ("the recipe", "the recipe", "another seed")
        )
    assert torch.equal(first.image(PICTURES), again.image(PICTURES))
    assert not torch.equal(first.image(PICTURES), other.image(PICTURES))
