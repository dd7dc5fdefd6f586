"""A folder of coloured pictures, the two fakes, and everything that works between them."""

import asyncio
import copy
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.database import Database
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.composition import Services, WritePath, write_path
from aggregate_service.config import Settings
from aggregate_service.errors import CannotIndex
from aggregate_service.improvement.projections import Projections
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.folder_jobs import FolderRun
from aggregate_service.jobs.jobs import FAILED, Job
from aggregate_service.jobs.portable import Portable
from aggregate_service.main import create_app, image_store, upload_storage
from tests.aggregate_service.bucket_server import bucket_server as bucket_server
from tests.aggregate_service.bucket_server import started_bucket_server as started_bucket_server
from tests.aggregate_service.databases import empty_postgres, empty_sqlite
from tests.aggregate_service.fakes import COLLECTION, FakeEmbedding, FakeSearch
from tests.aggregate_service.patient_clients import LONG, PatientEmbedding, PatientSearch
from tests.search_service import real_engines
from tests.search_service.real_engines import PostgresServer


def save_picture(path: Path, colour: tuple[int, int, int] | str, size: tuple[int, int] = (40, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


ONE_AFTER_THE_OTHER = {"index_batch": 2, "index_in_flight": 1}


@dataclass(frozen=True)
class Report:
    """What a scan did; `skipped` has the path and the reason of each file that couldn't be taken in."""

    indexed: int
    added: int
    changed: int
    removed: int
    embedded: int
    skipped: dict[str, str]

    @classmethod
    def of(cls, job: Job) -> Self:
        """`CannotIndex` for one that failed."""
        skipped = {error.item: error.detail for error in job.errors}
        if job.state == FAILED:
            raise CannotIndex(job.errors[0].detail)
        counts = job.counts or {}
        changes = {name: counts[name] for name in ("added", "changed", "removed", "embedded")}
        return cls(counts["searchable"], **changes, skipped=skipped)


@dataclass
class World:
    """One installation with fakes for the other two services."""

    folder: Path
    settings: Settings
    embedding: FakeEmbedding
    search: FakeSearch

    def embedding_client(self) -> EmbeddingClient:
        return PatientEmbedding(self.embedding.app())

    def search_client(self) -> SearchClient:
        return PatientSearch(self.search.app())

    def app(self) -> TestClient:
        """The service, to be entered."""
        return TestClient(self.make_app())

    def make_app(self) -> FastAPI:
        embedding, search = self.embedding_client(), self.search_client()
        return create_app(self.settings, embedding=embedding, search_client=search)

    def index(self, folder: Path | None = None, *, launched: bool = False, **said: Any) -> Report:
        """One scan to its end, by parts of its own, as another process would."""
        return asyncio.run(self.index_async(folder or self.folder, launched=launched, **said))

    def catalog(self) -> Catalog:
        """One in PostgreSQL isn't taken to be frozen when a busy machine is slow."""
        return Catalog(Database(self.settings.database, patience=LONG))

    def vectors(self) -> dict[int, list[float]]:
        """What the search service holds, by id."""
        stored = self.search.vectors[COLLECTION]
        return {id_: vector.round(3).tolist() for id_, vector in stored.items()}

    def listed(self) -> list[str | None]:
        """The portable list of pictures."""
        paths: list[str | None] = json.loads(self.settings.images_path_file.read_text())
        return paths

    async def index_async(self, folder: Path, *, launched: bool = False, **said: Any) -> Report:
        async with self.opened() as parts:
            return await parts.index(FolderRun(str(folder), launched=launched, **said))

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Parts"]:
        """Parts of a process of its own, at work until this ends."""
        catalog, embedding, search = self.catalog(), self.embedding_client(), self.search_client()
        search.write_for(catalog.identity)
        gallery = Gallery(catalog, self.settings.images_dir)
        store = image_store(self.settings, gallery)
        deleter, projections = Deleter(catalog, search, store, 0), Projections(catalog)
        services = Services(catalog, gallery, store, deleter, embedding, search, projections)
        portable = Portable(catalog, gallery, self.settings.images_path_file, upload_storage(self.settings))
        path = write_path(self.settings.model_copy(update=ONE_AFTER_THE_OTHER), services, portable)
        tasks = [asyncio.create_task(part.run()) for part in (path.worker, path.scanner)]
        try:
            yield Parts(services, path, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await embedding.close()
            await search.close()
            await path.downloader.close()
            catalog.close()


@dataclass(frozen=True)
class Parts:
    services: Services
    path: WritePath
    tasks: Sequence[asyncio.Task[None]]

    async def index(self, run: FolderRun) -> Report:
        """One scan to its end."""
        job, pause = self.path.runs.request(run), 0.02
        while not self.path.leases.ended({job.id}):
            await asyncio.sleep(pause)
            pause *= 1.2  # on a busy machine every question makes it later
            for task in self.tasks:
                if task.done():
                    task.result()
        ended = self.path.jobs.get(job.id)
        self.path.jobs.forget(0)  # so that tests see their own jobs alone
        return Report.of(ended)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with real_engines.postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return empty_sqlite(tmp_path)
    return empty_postgres(request.getfixturevalue("postgres"))


@pytest.fixture
def catalog(database_url: str) -> Iterator[Catalog]:
    """Empty, on each kind of database in turn."""
    catalog = Catalog(Database(database_url))
    yield catalog
    catalog.close()


def new_world(place: Path) -> World:
    """Seven pictures, ids 0 to 6 in this order: blue, deep/green, dark-red, …; nothing indexed yet."""
    folder, state = place / "pictures", place / "state"
    for name, colour in PICTURES.items():
        save_picture(folder / name, colour)
    settings = Settings(
        _env_file=None,
        images_dir=folder,
        catalog_path=state / "catalog.db",
        images_path_file=state / "image_paths.json",
        thumbnails_dir=state / "thumbnails",
        uploads=str(state / "uploads"),
    )
    return World(folder, settings, FakeEmbedding(), FakeSearch())


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGE_SEARCH_HOME", str(tmp_path))
    return new_world(tmp_path)


PICTURES: dict[str, tuple[int, int, int]] = {
    "blue.png": (0, 0, 255),
    "dark-red.jpg": (120, 0, 0),
    "deep/green.webp": (0, 255, 0),
    "grey.png": (128, 128, 128),
    "orange.jpg": (255, 120, 0),
    "red.jpg": (255, 0, 0),
    "white.gif": (255, 255, 255),
}


@pytest.fixture
def start(world: World) -> Iterator[Callable[[], TestClient]]:
    """Starts the app of this world; stopped at the end of the test."""
    started: list[TestClient] = []

    def start_app() -> TestClient:
        client = world.app()
        client.__enter__()
        started.append(client)
        return client

    yield start_app
    for client in started:
        client.__exit__(None, None, None)


@pytest.fixture(scope="session")
def once_indexed(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = new_world(tmp_path_factory.mktemp("indexed"))
    world.index(label="Colours", notice="")
    return world


def take_over(world: World, indexed: World) -> None:
    """What indexing left, as if it had been this world's: seven pictures take a second."""
    shutil.copytree(indexed.settings.catalog_path.parent, world.settings.catalog_path.parent)
    with closing(sqlite3.connect(world.settings.catalog_path)) as db, db:
        db.execute("UPDATE roots SET path = ?", [str(world.folder)])
    world.search = copy.deepcopy(indexed.search)


@pytest.fixture
def client(world: World, once_indexed: World, start: Callable[[], TestClient]) -> TestClient:
    """The app over an indexed folder."""
    take_over(world, once_indexed)
    return start()


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Indexed once for all tests of a file that change nothing."""
    world = new_world(tmp_path_factory.mktemp("shared"))
    world.index(label="Colours", notice="")
    return world


@pytest.fixture(scope="module")
def shared_client(shared_world: World) -> Iterator[TestClient]:
    with shared_world.app() as client:
        yield client
