"""A link to a picture: downloaded into the content store, then taken in like an upload."""

import io

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.sources.stored import About, StoredPictures
from aggregate_service.links.fetch import Downloader
from service_kit.problems import Problem


class LinkKind:
    """Payload: `url`, `title`, `labels`; the job's `labels` are every picture's."""

    quick = False

    def __init__(self, stored: StoredPictures, downloader: Downloader) -> None:
        self._stored, self._downloader = stored, downloader

    async def prepare(self, item: Item, vector: NDArray[np.float32] | None = None) -> Prepared | Outcome:
        """Downloaded anew, unless a try before this one did: what a link shows may have changed since."""
        url = item.payload["url"]
        try:
            downloaded = await self._downloader.fetch(url)
        except Problem as problem:  # it tried again where that helps: the row's error, for good
            return Outcome(item, status=problem.status, error=problem.detail)
        labels = (*item.params.get("labels", ()), *item.payload.get("labels", ()))
        about = About(item.payload.get("title"), url, labels)
        return await run_in_threadpool(self._keep, item, downloaded.data, about, vector)

    def _keep(self, item: Item, data: bytes, about: About, vector: NDArray[np.float32] | None) -> Prepared:
        suffix = self._stored.suffix(io.BytesIO(data))
        aside = self._stored.contents.aside()
        try:
            aside.write(data)
            aside.finish()
            place = self._stored.contents.keep(aside.path, aside.sha256, suffix)
        finally:
            aside.discard()
        return self._stored.prepared(item, place, aside.sha256, about, vector)
