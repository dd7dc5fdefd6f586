"""Pictures that an older version read: when and with what they were taken is read from their files, once."""

import asyncio
import logging

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.records import Facts, Picture
from aggregate_service.errors import PictureIsMissing
from aggregate_service.files.image_store import ImageStore
from picture_files.errors import UnreadablePicture

log = logging.getLogger("aggregate.jobs")
_EVERY_SECONDS = 3_600.0


class Describing:
    """At its start, then every hour for what couldn't be read before, until it is cancelled."""

    def __init__(self, catalog: Catalog, store: ImageStore) -> None:
        self._catalog, self._store = catalog, store

    async def run(self) -> None:
        while True:
            if described := await self.describe():
                log.info("read of %d pictures when and with what they were taken", described)
            await asyncio.sleep(_EVERY_SECONDS)

    async def describe(self) -> int:
        """How many were described. A file that can't be read, or was changed, is left for a scan."""
        described, last = 0, -1
        while some := await run_in_threadpool(self._catalog.undescribed, last):
            described += await run_in_threadpool(self._some, some)
            last = some[-1].id
        return described

    def _some(self, pictures: list[Picture]) -> int:
        read = {picture.id: facts for picture in pictures if (facts := self._facts(picture)) is not None}
        self._catalog.redescribe(read)
        return len(read)

    def _facts(self, picture: Picture) -> Facts | None:
        try:
            with self._store.open_picture(picture) as file:
                facts = self._store.facts(file)
        except (PictureIsMissing, UnreadablePicture, OSError):
            return None
        return facts if facts.sha256 == picture.sha256 else None
