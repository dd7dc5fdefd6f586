"""A thousand lives of a folder: as `tests/aggregate_service/jobs/test_living_folder.py` checks a few."""

import os
from random import Random

import pytest

from tests.aggregate_service.conftest import new_world
from tests.aggregate_service.jobs.living_folder import LivingFolder

LIVES = int(os.environ.get("FAULT_LIVES", "1000"))
FIRST = int(os.environ.get("FAULT_SEED", "100"))


def test_a_thousand_lives(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(FIRST, FIRST + LIVES):
        place = tmp_path_factory.mktemp("life")
        monkeypatch.setenv("IMAGE_SEARCH_HOME", str(place))
        print(f"life {seed}", flush=True)
        folder = LivingFolder(new_world(place), Random(seed), monkeypatch)
        folder.scan()
        for _ in range(10):
            folder.step()
            if folder.random.random() < 0.5:
                folder.scan()
        folder.scan()
