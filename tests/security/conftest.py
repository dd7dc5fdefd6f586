"""The three services over real HTTP, on fakes for what they would need a network or weights for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedding_service.config import Settings as EmbeddingSettings
from embedding_service.main import create_app as embedding_app
from search_service.main import create_app as search_app
from tests.aggregate_service.conftest import World, new_world, once_indexed, take_over
from tests.embedding_service.fakes import FakeLibrary
from tests.search_service import samples
from tests.security.closed import Closed, closed_site
from tests.security.services import Site, site
from tests.waiting import wait_until

__all__ = ["once_indexed"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, once_indexed: World) -> World:
    """Seven coloured pictures, indexed."""
    world = new_world(tmp_path_factory.mktemp("world"))
    take_over(world, once_indexed)
    return world


@pytest.fixture(scope="module")
def aggregate(world: World) -> Iterator[Site]:
    with site("aggregate", world.make_app()) as running:
        yield running


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, once_indexed: World) -> Iterator[Closed]:
    world = new_world(tmp_path_factory.mktemp("closed"))
    take_over(world, once_indexed)
    with closed_site(world) as closed:
        yield closed


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("search")
    with site("search", search_app(samples.settings(folder))) as running:
        wait_until(lambda: running.ask("GET", "/readyz").status == 200, "the search service to be ready")
        yield running


@pytest.fixture(scope="module")
def embedding() -> Iterator[Site]:
    settings = EmbeddingSettings(_env_file=None, model=None, model_path=None)
    with site("embedding", embedding_app(settings, FakeLibrary())) as running:
        wait_until(lambda: running.ask("GET", "/readyz").status == 200, "the embedding service to be ready")
        yield running


@pytest.fixture(params=["aggregate", "search", "embedding"])
def each(request: pytest.FixtureRequest) -> Site:
    """Each of the three services in turn."""
    chosen: Site = request.getfixturevalue(request.param)
    return chosen
