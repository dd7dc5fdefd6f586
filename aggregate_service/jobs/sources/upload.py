"""An uploaded file: it lies in the content store already."""

from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.leases import Item
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.sources.stored import About, StoredPictures


class UploadKind:
    """Payload: `place`, `sha256`, `title`, which one that is here already doesn't get.

    The job's `labels` are every picture's.
    """

    quick = True

    def __init__(self, stored: StoredPictures) -> None:
        self._stored = stored

    async def prepare(self, item: Item) -> Prepared:
        about = About(labels=item.params.get("labels", ()), first_title=item.payload.get("title"))
        place, sha256 = item.payload["place"], item.payload["sha256"]
        return await run_in_threadpool(self._stored.prepared, item, place, sha256, about)
