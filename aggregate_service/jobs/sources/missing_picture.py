"""A picture whose file is gone, or out of reach, is forgotten: for too long, or as a person says so."""

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.jobs.deleter import Deleter
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.results import KEPT


class MissingPictureKind:
    """Payload: `picture`, its id, and `unreachable`, as it was. What came back meanwhile stays."""

    quick = True

    def __init__(self, catalog: Catalog, deleter: Deleter) -> None:
        self._catalog, self._deleter = catalog, deleter

    async def prepare(self, item: Item) -> Outcome:
        picture = await run_in_threadpool(self._catalog.picture, item.payload["picture"])
        if picture is None or not _is_as_it_was(picture, item):
            return Outcome(item, result=KEPT)
        await self._deleter.delete([picture.id], keep_out=False)
        return Outcome(item)


def _is_as_it_was(picture: Picture, item: Item) -> bool:
    return picture.missing_since is not None and picture.unreachable == item.payload["unreachable"]
