"""What every encoder owes its callers; a new encoder joins by one line in `ENCODERS`."""

import numpy as np
import pytest

from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from tests.embedding_service.drawn import photo
from tests.embedding_service.fakes import AverageColour
from tests.embedding_service.families import write_family

ENCODERS = (
    "average-colour",
    "color-layout",
    "mini",
    "clip",
    "siglip",
    "siglip2",
    "dinov2",
    "resnet",
    "vgg",
)
SIZES = ((640, 480), (480, 640), (64, 64), (1, 1), (3, 900), (20_000, 1))


@pytest.fixture(scope="module", params=ENCODERS)
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if request.param == "average-colour":
        return AverageColour()
    if request.param in BY_NAME:
        return load_encoder(BY_NAME[request.param])
    folder = write_family(request.param, tmp_path_factory.mktemp(request.param))
    return load_encoder(local_spec(folder, None), folder)


def test_vectors_are_float32_of_unit_length(encoder: Encoder) -> None:
    vectors = encoder.embed_images([photo(*size) for size in SIZES])
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(SIZES), encoder.spec.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_gives_nothing(encoder: Encoder) -> None:
    assert encoder.embed_images([]).shape == (0, encoder.spec.dimension)
    assert encoder.embed_texts([]).shape == (0, encoder.spec.dimension)


def test_a_batch_changes_nothing(encoder: Encoder) -> None:
    images = [photo(80, 60, seed) for seed in range(encoder.batch_size + 3)]
    together = encoder.embed_images(images)
    alone = np.concatenate([encoder.embed_images([images[i]]) for i in (0, 17, len(images) - 1)])
    np.testing.assert_allclose(together[[0, 17, len(images) - 1]], alone, atol=1e-5)


def test_the_same_picture_gives_the_same_vector(encoder: Encoder) -> None:
    first, second = encoder.embed_images([photo(90, 70), photo(90, 70)])
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("colour", ["black", "white", "#808080", "red"])
def test_one_colour_has_a_vector_too(encoder: Encoder, colour: str) -> None:
    image = photo(32, 32)
    image.paste(colour, (0, 0, 32, 32))
    assert np.isfinite(encoder.embed_images([image])).all()


def test_prepared_pixels_have_one_shape(encoder: Encoder) -> None:
    prepared = [encoder.prepare(photo(*size)) for size in SIZES]
    assert {pixels.shape for pixels in prepared} == {prepared[0].shape}
    assert {pixels.dtype for pixels in prepared} == {np.dtype(np.uint8)}


def test_texts(encoder: Encoder) -> None:
    if "text" not in encoder.spec.modalities:
        with pytest.raises(NotImplementedError):
            encoder.embed_texts(["a red bus"])
        return
    vectors = encoder.embed_texts(["a red bus", "a green tree by the blue sea", "z" * 5000])
    assert vectors.shape == (3, encoder.spec.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.embed_texts(["a red bus"]), vectors[:1], atol=1e-5)


def test_tokens_are_counted_as_far_as_they_are_read(encoder: Encoder) -> None:
    assert 1 <= encoder.count_tokens("a red bus") <= encoder.count_tokens("a red bus in the rain")
    if encoder.too_long("a " * 500):
        assert encoder.count_tokens("a " * 500) == encoder.count_tokens("a " * 5000)
