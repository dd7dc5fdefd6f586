"""Whatever people do with their folders, nothing that was said of a picture is lost, nor embedded twice."""

from random import Random

import pytest

from tests.aggregate_service.conftest import World
from tests.aggregate_service.jobs.living_folder import LivingFolder


@pytest.mark.parametrize("seed", range(4))
def test_a_folder_that_lives(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """`make test-faults` tries a thousand more."""
    folder = LivingFolder(world, Random(seed), monkeypatch)
    folder.scan()
    for _ in range(10):
        folder.step()
        folder.scan()
