"""Words that no photo is labelled with: each is like something that photos show, and is learned from it."""

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from embedding_service.encoders.mini_model import MiniConfig, MiniModel
from training.captions import read_concepts, train_tokenizer
from training.finish import read_labels, save_labels
from training.words import LABELS, WITHIN, TextLessons, matching, read_words, teach

CONCEPTS = read_concepts()


def share(names: list[str], leaf: str) -> float:
    words = read_words(CONCEPTS)
    return float(words.shares[CONCEPTS.leaves.index(leaf), words.names.index(names)])


def test_every_word_is_like_something() -> None:
    words = read_words(CONCEPTS)
    assert words.shares.shape == (len(CONCEPTS.leaves), len(words.names))
    assert (words.shares.amax(dim=0) > 0).all()


def test_no_word_stands_twice_as_the_first_of_its_line() -> None:
    firsts = [names[0] for names in read_words(CONCEPTS).names]
    assert len(set(firsts)) == len(firsts)


def test_a_label_counts_whole_and_one_within_a_wider_concept_less(tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("# what it is\nhorse, pony ~ ox, hoofed animal\n")
    column = read_words(CONCEPTS, listed).shares[:, 0]
    found = {leaf: float(column[CONCEPTS.leaves.index(leaf)]) for leaf in ("ox", "bison", "pizza")}
    assert found == {"ox": 1.0, "bison": WITHIN, "pizza": 0.0}


def test_a_concept_that_nobody_knows_is_named(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("horse ~ ox, hoofed anmial\n")
    with pytest.raises(KeyError, match="hoofed anmial"):
        read_words(CONCEPTS, tmp_path / "words.txt")


def test_rows_with_nothing_to_find_are_left_out() -> None:
    logits, wanted = torch.tensor([[9.0, 0.0], [0.0, 9.0]]), torch.tensor([[3.0, 0.0], [0.0, 0.0]])
    torch.testing.assert_close(
        matching(logits, wanted), functional.cross_entropy(logits[:1], torch.tensor([0]))
    )


def lessons_of(labels: torch.Tensor) -> tuple[MiniModel, TextLessons]:
    """A small untaught model, and lessons whose labels lie at `labels` `(labels, 32)`."""
    torch.manual_seed(0)
    tokenizer = train_tokenizer(CONCEPTS, 600, 16)
    model = MiniModel(MiniConfig(dimension=32, text_width=32, vocabulary=tokenizer.get_vocab_size()))
    return model, TextLessons(CONCEPTS, read_words(CONCEPTS), labels, tokenizer, seed=0)


def directions(seed: int) -> torch.Tensor:
    """A unit vector for each label and wider concept."""
    count = len(CONCEPTS.leaves) + len(CONCEPTS.parents)
    return functional.normalize(torch.randn(count, 32, generator=torch.Generator().manual_seed(seed)), dim=1)


def test_teaching_changes_the_text_tower_alone_and_lowers_its_loss() -> None:
    labels = directions(1)
    model, lessons = lessons_of(labels)
    shares = torch.eye(len(CONCEPTS.leaves))
    pictures = labels[: len(shares)]
    before = {name: value.clone() for name, value in model.state_dict().items()}

    def loss() -> float:
        return lessons.loss(model, pictures, shares, torch.Generator().manual_seed(1)).item()

    first = loss()
    teach(model, lessons, pictures, shares, steps=6, seed=0)
    assert loss() < first
    changed = {
        name.split(".")[0] for name, value in model.state_dict().items() if not value.equal(before[name])
    }
    assert changed == {"text"}


def test_captions_count_by_how_far_they_are_from_the_vectors_of_their_labels() -> None:
    model, lessons = lessons_of(directions(1))
    shares = torch.eye(len(CONCEPTS.leaves))
    pictures = directions(2)[: len(shares)]
    captions = model.text(lessons.bank.draw(torch.Generator().manual_seed(1)))[: len(lessons.labels)]
    losses = []
    for labels in (captions, -captions):
        lessons.labels = labels.detach()
        losses.append(lessons.loss(model, pictures, shares, torch.Generator().manual_seed(1)).item())
    at_their_labels, at_the_opposite = losses
    assert at_the_opposite - at_their_labels == pytest.approx(2 * LABELS)


def test_the_vectors_of_labels_are_kept_beside_the_encoder(tmp_path: Path) -> None:
    save_labels(directions(1), tmp_path)
    torch.testing.assert_close(read_labels(tmp_path), directions(1))


def test_an_encoder_that_was_taught_without_labels_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"labels\.safetensors"):
        read_labels(tmp_path)
