"""What has been missing for too long goes; what nobody could look for stays."""

import asyncio
import time

import pytest

from aggregate_service.catalogue.catalog import Place
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.purging import Purging
from aggregate_service.main import image_store
from tests.aggregate_service.conftest import World


@pytest.mark.parametrize("unreachable", [False, True])
def test_a_picture_that_is_missing_for_long_is_forgotten(world: World, unreachable: bool) -> None:
    world.index()
    catalog = world.catalog()
    root = catalog.roots.first().id
    catalog.roots.lose([Place(root, "blue.png")], unreachable=unreachable)

    async def purge(days_later: float) -> int:
        search = world.search_client()
        search.write_for(catalog.identity)
        store = image_store(world.settings, Gallery(catalog, world.folder))
        deleter = Deleter(catalog, search, store, 0)
        gone = await Purging(catalog, deleter, 30, lambda: time.time() + days_later * 86_400).purge()
        await search.close()
        return gone

    assert asyncio.run(purge(29)) == 0
    assert asyncio.run(purge(31)) == (0 if unreachable else 1)
    assert (0 in world.vectors()) == unreachable
    assert (catalog.picture(0) is not None) == unreachable
    catalog.close()
    world.index()
    assert "blue.png" in world.listed(), "its file is there, and nobody deleted it"
