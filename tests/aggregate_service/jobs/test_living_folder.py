"""Whatever people do with their folders, nothing that was said of a picture is lost, nor embedded twice."""

from random import Random

import pytest

from tests.aggregate_service.conftest import World
from tests.aggregate_service.jobs.living_folder import LivingFolder
from tests.aggregate_service.jobs.world_library import WorldLibrary


@pytest.mark.parametrize("seed", range(3))
def test_folders_that_live(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """`make test-faults` tries a thousand more."""
    library = WorldLibrary(world, monkeypatch)
    with library.running():
        folder = LivingFolder(library, Random(seed))
        folder.scan()
        for _ in range(10):
            folder.step()
            folder.scan()
