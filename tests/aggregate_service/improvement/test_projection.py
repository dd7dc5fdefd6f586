"""A projection: what it makes of vectors, and what they are called."""

import numpy as np

from aggregate_service.improvement.projection import Projection, is_learned, plain_fingerprint

PLAIN = "openai/clip-vit-base-patch32@c237dc49a33f:2"


def test_vectors_are_unit_length_again_and_nan_stays_nan() -> None:
    projection = Projection.of(PLAIN, "siamese", np.array([[1, 0], [0, 0.5]], np.float32))
    rows = projection.apply(np.array([[0.6, 0.8], [np.nan, np.nan]], np.float32))
    np.testing.assert_allclose(rows[0], np.array([0.6, 0.4]) / np.hypot(0.6, 0.4), atol=1e-3)
    assert np.isnan(rows[1]).all()


def test_the_fingerprint_is_the_encoders_and_the_matrixs() -> None:
    one, other = (Projection.of(PLAIN, "siamese", np.eye(2, dtype=np.float32) * f) for f in (1, 2))
    assert one.fingerprint != other.fingerprint
    for each in (one, other):
        assert each.fingerprint.startswith("openai/clip-vit-base-patch32@c237dc49a33f+")
        assert each.fingerprint.endswith(":2")
        assert is_learned(each.fingerprint)
        assert plain_fingerprint(each.fingerprint) == PLAIN
    assert not is_learned(PLAIN)
