"""Near-duplicates are found among the neighbours of each picture, once, and of new ones as they come."""

import asyncio

from PIL import ImageOps
from sqlalchemy import text

from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.comparing import Comparing
from aggregate_service.jobs.describing import Describing
from aggregate_service.main import image_store
from tests.aggregate_service.conftest import World, save_picture
from tests.aggregate_service.fakes import COLLECTION
from tests.embedding_service.drawn import photo


async def compared(world: World) -> int:
    catalog, embedding, search = world.catalog(), world.embedding_client(), world.search_client()
    try:
        store = image_store(world.settings, Gallery(catalog, world.settings.images_dir))
        return await Comparing(catalog, store, embedding, search).compare()
    finally:
        await embedding.close()
        await search.close()
        catalog.close()


def test_what_looks_the_same_is_a_group(world: World) -> None:
    save_picture(world.folder / "blue-again.png", (0, 0, 254), (80, 60))
    world.index()
    assert asyncio.run(compared(world)) == 8
    assert asyncio.run(compared(world)) == 0
    catalog = world.catalog()
    groups = [[p.path for p in group] for group in catalog.duplicates(COLLECTION).groups]
    assert ["blue-again.png", "blue.png"] in groups
    catalog.close()
    save_picture(world.folder / "green-again.png", (0, 254, 0))
    world.index()
    assert asyncio.run(compared(world)) == 1


def test_a_likeness_is_no_copy(world: World) -> None:
    """The fake encoder sees colours alone: the same ones lie elsewhere in a mirrored picture."""
    for name, picture in (
        ("photo", photo(200, 150)),
        ("smaller", photo(200, 150).resize((100, 75))),
        ("mirrored", ImageOps.mirror(photo(200, 150))),
    ):
        picture.save(world.folder / f"{name}.jpg", quality=60)
    world.index()
    asyncio.run(compared(world))
    catalog = world.catalog()
    groups = [[picture.path for picture in group] for group in catalog.duplicates(COLLECTION).groups]
    assert ["photo.jpg", "smaller.jpg"] in groups
    assert not [group for group in groups if "mirrored.jpg" in group]
    catalog.close()


def test_what_an_older_version_read_is_described(world: World) -> None:
    world.index()
    catalog = world.catalog()
    with catalog.transaction() as db:
        db.execute(text("UPDATE pictures SET media_type = NULL, taken = 0"))
    (world.folder / "blue.png").unlink()
    save_picture(world.folder / "grey.png", "black")
    store = image_store(world.settings, Gallery(catalog, world.settings.images_dir))
    assert asyncio.run(Describing(catalog, store).describe()) == 5
    described = {picture.path: picture.media_type for picture in catalog.pictures(range(7)).values()}
    assert (described["red.jpg"], described["blue.png"], described["grey.png"]) == ("image/jpeg", None, None)
    catalog.close()
