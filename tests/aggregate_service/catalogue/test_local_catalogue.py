"""This machine's catalogue, seen from beside the service."""

from pathlib import Path

from aggregate_service.catalogue.local_catalogue import catalogue_file, counts, indexed_folders, portable_list
from aggregate_service.config import Settings
from tests.aggregate_service.conftest import World
from tests.aggregate_service.fakes import COLLECTION


def test_what_is_indexed(world: World) -> None:
    world.index()
    assert indexed_folders(world.settings)[0] == world.folder
    assert counts(world.settings.catalog_path) == (7, {COLLECTION: 7})


def test_the_portable_list_is_that_of_an_index_run(world: World) -> None:
    world.index()
    before = sorted(world.settings.images_path_file.parent.iterdir())
    assert portable_list(world.settings, COLLECTION) == world.settings.images_path_file.read_bytes()
    assert sorted(world.settings.images_path_file.parent.iterdir()) == before


def test_nothing_is_made_where_there_is_none(world: World, tmp_path: Path) -> None:
    assert indexed_folders(world.settings) == [world.folder, world.settings.upload_dir]
    assert not world.settings.catalog_path.exists()


def test_where_the_catalogue_is(tmp_path: Path) -> None:
    assert catalogue_file(Settings(catalog_path=tmp_path / "c.db")) == tmp_path / "c.db"
    assert catalogue_file(Settings(database_url="sqlite:////data/x.db")) == Path("/data/x.db")
    assert catalogue_file(Settings(database_url="postgresql://u:p@h/d")) is None
