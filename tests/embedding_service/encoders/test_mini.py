"""The bundled encoder: what it means by words and pictures, and that it never says anything else."""

from __future__ import annotations

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
from embedding_service.encoders.mini import WEIGHTS, MiniEncoder
from embedding_service.encoders.specs import BY_NAME

SPEC = BY_NAME["mini"]


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
    ],
)
def test_words_are_near_what_they_mean(encoder: MiniEncoder, word: str, meaning: str) -> None:
    others = ["dog", "cat", "car", "airplane", "motorcycle", "boat", "bear", "furniture", "fruit", "bus"]
    others += ["train", "person", "refrigerator", "cell phone"]
    assert nearest(encoder, word, others) == meaning


def test_wording_matters_less_than_the_thing(encoder: MiniEncoder) -> None:
    texts = ["pizza", "a blurry photo of a pizza", "a blurry photo of a dog"]
    plain, wordy, other = encoder.embed_texts(texts)
    assert plain @ wordy > 0.8
    assert wordy @ other < 0.5


def test_vectors_have_unit_length_and_the_stated_dimension(encoder: MiniEncoder) -> None:
    texts = encoder.embed_texts(["dog", "", "a " * 500, "жираф 🦒", "\n\t", "qwxzv"])
    images = encoder.embed_images([picture(), picture("black", (1, 1)), picture("red", (2000, 10))])
    for vectors in (texts, images):
        assert vectors.shape[1] == encoder.spec.dimension
        assert_unit(vectors)


def test_a_text_longer_than_the_tower_is_known_as_such(encoder: MiniEncoder) -> None:
    assert [encoder.too_long("dog " * times) for times in (1, 200)] == [False, True]
    longest = encoder.count_tokens("dog " * 200)
    assert encoder.count_tokens("dog") < longest == encoder.count_tokens("dog " * 900)


def test_words_past_the_length_are_ignored(encoder: MiniEncoder) -> None:
    short, long = encoder.embed_texts(["dog " * 40, "dog " * 40 + "bus " * 40])
    np.testing.assert_array_equal(short, long)


def test_case_and_full_width_letters_are_alike(encoder: MiniEncoder) -> None:
    lower, upper, wide = encoder.embed_texts(["dog", "DOG", "ｄｏｇ"])
    np.testing.assert_allclose(lower, upper, atol=1e-6)
    np.testing.assert_allclose(lower, wide, atol=1e-6)


def test_an_unknown_word_still_has_a_place_of_its_own(encoder: MiniEncoder) -> None:
    one, two = encoder.embed_texts(["zebu", "xylograph"])
    assert one @ two < 0.99


def test_the_same_input_gives_the_same_vectors(encoder: MiniEncoder) -> None:
    again = MiniEncoder(SPEC)
    np.testing.assert_array_equal(encoder.embed_texts(["red bus"]), again.embed_texts(["red bus"]))
    red = [picture("red")]
    np.testing.assert_array_equal(encoder.embed_images(red), again.embed_images(red))


def test_pictures_of_any_size_are_seen_whole(encoder: MiniEncoder) -> None:
    small, large = encoder.embed_images([scene((64, 48)), scene((640, 480))])
    assert small @ large > 0.9


@pytest.mark.parametrize("name", ["stop sign", "yin yang", "sailboat"])
def test_drawings_are_near_their_names(encoder: MiniEncoder, name: str) -> None:
    names = ["stop sign", "yin yang", "sailboat", "dog", "chair", "spider", "pizza", "snake"]
    scores = encoder.embed_images([DRAWINGS[name]()]) @ encoder.embed_texts(names).T
    assert names[int(scores.argmax())] == name


def stop_sign() -> Image.Image:
    image = Image.new("RGB", (160, 160), "#87b8e8")
    draw = ImageDraw.Draw(image)
    draw.rectangle((76, 90, 84, 160), fill="#888888")
    draw.regular_polygon((80, 70, 56), 8, rotation=22.5, fill="white")
    draw.regular_polygon((80, 70, 52), 8, rotation=22.5, fill="#c01818")
    draw.text((48, 56), "STOP", fill="white", font_size=28)
    return image


def yin_yang() -> Image.Image:
    image = Image.new("RGB", (160, 160), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 140, 140), fill="white", outline="black", width=3)
    draw.pieslice((20, 20, 140, 140), 90, 270, fill="black")
    for top, outer, inner in ((20, "black", "white"), (80, "white", "black")):
        draw.ellipse((50, top, 110, top + 60), fill=outer)
        draw.ellipse((72, top + 22, 88, top + 38), fill=inner)
    return image


def sailboat() -> Image.Image:
    image = Image.new("RGB", (160, 160), "#8fc0f0")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 110, 160, 160), fill="#1a4a80")
    draw.polygon([(80, 20), (80, 105), (30, 105)], fill="white")
    draw.polygon([(84, 30), (84, 105), (130, 105)], fill="#eeeeee")
    draw.polygon([(25, 108), (135, 108), (115, 128), (45, 128)], fill="#7a4010")
    return image


DRAWINGS = {"stop sign": stop_sign, "yin yang": yin_yang, "sailboat": sailboat}


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
    image = encoder.embed_images([scene((96, 72))])[0, :8]
    text = encoder.embed_texts(["a photo of a dog"])[0, :8]
    np.testing.assert_allclose(image, pinned["scene"], atol=2e-3)
    np.testing.assert_allclose(text, pinned["a photo of a dog"], atol=1e-4)


def test_it_loads_from_any_folder(tmp_path: Path, encoder: MiniEncoder) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "mine")
    copied = MiniEncoder(SPEC, tmp_path / "mine")
    np.testing.assert_array_equal(copied.embed_texts(["cat"]), encoder.embed_texts(["cat"]))


def test_weights_that_lack_a_layer_are_refused(tmp_path: Path) -> None:
    shutil.copytree(WEIGHTS, tmp_path / "mine")
    weights = load_file(WEIGHTS / "model.safetensors")
    del weights["image.project.weight"]
    save_file(weights, tmp_path / "mine" / "model.safetensors")
    with pytest.raises(BrokenCheckpoint, match=r"image\.project\.weight"):
        MiniEncoder(SPEC, tmp_path / "mine")


def test_the_folder_fits_the_repository() -> None:
    assert sum(file.stat().st_size for file in WEIGHTS.iterdir()) <= 12_000_000


def test_the_revision_is_that_of_the_weights() -> None:
    """Retrained weights are another encoder: their vectors must not meet the old ones in a collection."""
    digest = sha256((WEIGHTS / "model.safetensors").read_bytes()).hexdigest()
    assert BY_NAME["mini"].revision == digest[:12]
