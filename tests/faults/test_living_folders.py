"""A thousand lives of folders: as `tests/aggregate_service/jobs/test_living_folder.py` checks a few."""

import os
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from tests.aggregate_service.conftest import World, new_world
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.jobs.living_folder import LivingFolder
from tests.aggregate_service.jobs.world_library import WorldLibrary
from tests.faults.running_library import RunningLibrary
from tests.search_service.real_engines import PostgresServer, postgres

REAL_LIVES = int(os.environ.get("FAULT_REAL_LIVES", "40"))
LIVES = int(os.environ.get("FAULT_LIVES", "1000"))
FIRST = int(os.environ.get("FAULT_SEED", "100"))
ON_POSTGRES = 10  # one life in so many


def test_a_thousand_lives(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres() as server:
        for seed in range(FIRST, FIRST + LIVES):
            place = tmp_path_factory.mktemp("life")
            monkeypatch.setenv("IMAGE_SEARCH_HOME", str(place))
            world = new_world(place)
            if seed % ON_POSTGRES == 0:
                world = on_postgres(world, server)
            print(f"life {seed}", flush=True)
            live(LivingFolder(WorldLibrary(world, monkeypatch), Random(seed)))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_lives_with_real_disks_and_kills(tmp_path: Path, database: str) -> None:
    """One product lives through half of them, as its pictures go on from one to the next."""
    random = Random(FIRST)
    with ExitStack() as server:
        url = empty_postgres(server.enter_context(postgres())) if database == "postgresql" else ""
        library = RunningLibrary(tmp_path, url, random)
        server.enter_context(library.running())
        folder = LivingFolder(library, random)
        for life in range(REAL_LIVES // 2):
            print(f"life {life} on {database}", flush=True)
            live(folder)
            library.restart()
        print(f"{len(folder.done)} steps, {library.kills} kills, {library.stops} stops", flush=True)


def on_postgres(world: World, server: PostgresServer) -> World:
    url = SecretStr(empty_postgres(server))
    settings = world.settings.model_copy(update={"database_url": url})
    return World(world.folder, settings, world.embedding, world.search)


def live(folder: LivingFolder) -> None:
    folder.scan()
    for _ in range(10):
        folder.step()
        if folder.random.random() < 0.5:
            folder.scan()
    folder.scan()
