"""A vector made elsewhere, with the path or the link of its picture."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.records import NewPicture, Place
from aggregate_service.catalogue.roots import Roots
from aggregate_service.errors import UnreadablePicture, UnusableVectors
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.image_store import ImageStore
from aggregate_service.jobs.leases import Item, Outcome
from aggregate_service.jobs.sources.base import Prepared
from aggregate_service.jobs.sources.files import described
from aggregate_service.jobs.sources.link import LinkKind
from aggregate_service.jobs.sources.vector_lists import VectorFile
from service_kit.messages.message import message

_OPEN_FILES = 8


class VectorRowKind:
    """Payload: `row`, and `url` or `path`; of the job: `vectors`, the file, and every picture's `labels`."""

    quick = False

    def __init__(self, contents: ContentStore, roots: Roots, store: ImageStore, links: LinkKind) -> None:
        self._contents, self._roots, self._store, self._links = contents, roots, store, links
        self._files: OrderedDict[str, VectorFile] = OrderedDict()

    async def prepare(self, item: Item) -> Prepared | Outcome:
        vectors = await run_in_threadpool(self._opened, item.params["vectors"])
        vector = await run_in_threadpool(vectors.unit, item.payload["row"])
        if "url" in item.payload:
            return await self._links.prepare(item, vector)
        return await run_in_threadpool(self._of_file, item, vector)

    def _of_file(self, item: Item, vector: NDArray[np.float32]) -> Prepared:
        place = self._place(item.payload["path"])
        try:
            facts, path = described(self._store, place)
        except FileNotFoundError:
            raise UnreadablePicture(message("file-gone")) from None
        new = NewPicture(place, facts, labels=item.params.get("labels", ()))
        return Prepared(item, facts, path, new, vector)

    def _place(self, path: str) -> Place:
        """Absolute, below a folder that is indexed; or relative to one of them, the first that has it."""
        known = [root for root in self._roots.all() if root.path]
        if path.startswith("/"):
            if (holding := self._roots.holding(Path(path))) is not None:
                return Place(holding.id, Path(path).relative_to(holding.path).as_posix())
        else:
            for root in known:
                if Path(root.path, path).is_file():
                    return Place(root.id, path)
        folders = ", ".join(root.path for root in known) or "none yet"
        raise UnusableVectors(message("path-not-indexed", path=path, folders=folders))

    def _opened(self, name: str) -> VectorFile:
        """The file mapped into memory; the few that were used last stay so."""
        vectors = self._files.get(name)
        if vectors is None:
            vectors = self._files[name] = VectorFile(self._contents.list_path(name), name)
        self._files.move_to_end(name)
        if len(self._files) > _OPEN_FILES:
            self._files.popitem(last=False)
        return vectors
