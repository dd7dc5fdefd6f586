"""A thousand lives of folders: as `tests/aggregate_service/jobs/test_living_folder.py` checks a few.

`FAULT_LIVES` and `FAULT_REAL_LIVES` say how many, `FAULT_SEED` which is the first. A life is its seed: one
that failed is lived again with `FAULT_LIVES=1 FAULT_SEED=…`. Those with even seeds are in SQLite.
"""

import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from pydantic import SecretStr

from aggregate_service.catalogue.database import Database
from tests.aggregate_service.conftest import World, new_world
from tests.aggregate_service.databases import empty_postgres
from tests.aggregate_service.jobs.living_folder import LivingFolder
from tests.aggregate_service.jobs.world_library import WorldLibrary
from tests.faults.running_library import RunningLibrary
from tests.search_service.real_engines import postgres

REAL_LIVES = int(os.environ.get("FAULT_REAL_LIVES", "40"))
LIVES = int(os.environ.get("FAULT_LIVES", "1000"))
FIRST = int(os.environ.get("FAULT_SEED", "100"))
KINDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
"""A file system without a disk, where there is one: nothing here must outlive a loss of power."""


@pytest.mark.parametrize("database", KINDS)
def test_a_thousand_lives(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    lives = [seed for seed in range(FIRST, FIRST + LIVES) if KINDS[seed % 2] == database]
    failed = []
    with in_sqlite() if database == "sqlite" else in_postgres() as move_in:
        for seed in lives:
            print(f"life {seed}", flush=True)
            try:
                live_alone(seed, move_in, monkeypatch)
            except Exception:
                traceback.print_exc()
                failed.append(seed)
    print(f"{len(lives) - len(failed)} of {len(lives)} lives in {database} were as they must be", flush=True)
    assert not failed


@pytest.mark.parametrize("database", KINDS)
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


MoveIn = Callable[[World], World]
"""The same world with an empty catalogue of its own, whose tables are made: making them takes the longest."""


@contextmanager
def in_sqlite() -> Iterator[MoveIn]:
    with TemporaryDirectory(dir=fast()) as folder:
        template = Path(folder, "catalog.db")
        Database(f"sqlite:///{template}").close()

        def move_in(world: World) -> World:
            world.settings.catalog_path.parent.mkdir()
            shutil.copy(template, world.settings.catalog_path)
            return world

        yield move_in


@contextmanager
def in_postgres() -> Iterator[MoveIn]:
    with postgres() as server:
        Database(server.database("template")).close()

        def move_in(world: World) -> World:
            url = SecretStr(server.copied("life", "template"))
            settings = world.settings.model_copy(update={"database_url": url})
            return World(world.folder, settings, world.embedding, world.search)

        yield move_in


def live_alone(seed: int, move_in: MoveIn, patch: pytest.MonkeyPatch) -> None:
    """In a product of its own."""
    with TemporaryDirectory(dir=fast()) as place:
        patch.setenv("IMAGE_SEARCH_HOME", place)
        library = WorldLibrary(move_in(new_world(Path(place))), patch)
        with library.running():
            live(LivingFolder(library, Random(seed)))


def live(folder: LivingFolder) -> None:
    folder.scan()
    for _ in range(10):
        folder.step()
        if folder.random.random() < 0.5:
            folder.scan()
    folder.scan()


def fast() -> Path | None:
    return MEMORY if MEMORY.is_dir() else None
