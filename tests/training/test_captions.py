"""What labels are called, and that every caption can be read by the tokenizer."""

import random

import pytest
import torch

from training.captions import (
    CaptionBank,
    article,
    captions_of,
    parent_targets,
    plural,
    read_concepts,
    train_tokenizer,
)

CONCEPTS = read_concepts()


def test_every_label_leads_to_a_leaf_with_names_and_parents() -> None:
    assert set(CONCEPTS.leaf_of.values()) == set(CONCEPTS.leaves)
    for leaf in CONCEPTS.leaves:
        assert CONCEPTS.names[leaf]
        assert set(CONCEPTS.parents_of[leaf]) <= set(CONCEPTS.parents)


def test_the_same_thing_under_two_labels_is_one_leaf() -> None:
    assert CONCEPTS.leaf_of["caltech/pizza"] == CONCEPTS.leaf_of["pizza"]


@pytest.mark.parametrize(
    ("one", "many"), [("bus", "bus"), ("box", "boxes"), ("puppy", "puppies"), ("ox", "oxes")]
)
def test_plurals_are_regular(one: str, many: str) -> None:
    assert plural(one) == many


def test_articles_fit_the_next_word() -> None:
    assert article("a photo of a umbrella on a bus") == "a photo of an umbrella on a bus"


def test_captions_name_the_thing() -> None:
    stream = captions_of(["dog", "hound"], ["animal"], random.Random(0))
    captions = [next(stream) for _ in range(50)]
    assert all("dog" in caption or "hound" in caption for caption in captions)
    assert len(set(captions)) > 20


def test_shares_of_parents_sum_to_one() -> None:
    torch.testing.assert_close(parent_targets(CONCEPTS).sum(dim=1), torch.ones(len(CONCEPTS.leaves)))


def test_the_bank_draws_one_caption_of_each_concept() -> None:
    bank = CaptionBank(CONCEPTS, train_tokenizer(CONCEPTS, 600, 16), seed=0)
    drawn = bank.draw(torch.Generator().manual_seed(0))
    assert len(drawn) == len(CONCEPTS.leaves) + len(CONCEPTS.parents)
    assert (drawn[:, 0] != 0).all()
    torch.testing.assert_close(drawn, bank.draw(torch.Generator().manual_seed(0)))
