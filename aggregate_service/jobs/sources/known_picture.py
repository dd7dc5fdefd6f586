"""A picture of the catalogue that lacks its vector: brought back after its deletion, or another encoder's."""

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.errors import UnreadablePicture
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.leases import Item
from aggregate_service.jobs.sources.base import Prepared
from service_kit.messages.message import message


class KnownPictureKind:
    """Payload: `picture`, its id."""

    quick = True

    def __init__(self, catalog: Catalog, store: ImageStore) -> None:
        self._catalog, self._store = catalog, store

    async def prepare(self, item: Item) -> Prepared:
        return await run_in_threadpool(self._prepare, item)

    def _prepare(self, item: Item) -> Prepared:
        picture = self._catalog.picture(item.payload["picture"])
        if picture is None:
            raise UnreadablePicture(message("deleted-again"))
        with self._store.open_picture(picture) as file:
            facts = self._store.facts(file)
        return Prepared(item, facts, self._store.locate(picture.place), picture.id)
