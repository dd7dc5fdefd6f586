"""Every scene is drawn, the same each time, and no two alike."""

import numpy as np
import pytest

from training.drawings import SCENES, draw


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_the_same_each_time_and_differs_by_its_number(scene: str) -> None:
    first, again, other = (np.asarray(draw(scene, number)) for number in (0, 0, 1))
    assert first.shape in ((360, 480, 3), (480, 360, 3))
    np.testing.assert_array_equal(first, again)
    assert first.std() > 10
    assert first.shape != other.shape or (first != other).mean() > 0.2
