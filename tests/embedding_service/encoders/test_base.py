"""The base class catches an encoder that answers nonsense."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import EncoderFailed
from tests.embedding_service.drawn import photo
from tests.embedding_service.fakes import AverageColour


class Broken(AverageColour):
    value = np.nan

    def _encode_pixels(self, pixels: Pixels) -> NDArray[Any]:
        return np.full((len(pixels), 3), self.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_vectors_that_are_none(value: float) -> None:
    encoder = Broken()
    encoder.value = value
    with pytest.raises(EncoderFailed, match="average-colour"):
        encoder.embed_images([photo(8, 8)])
