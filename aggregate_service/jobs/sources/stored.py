"""A picture in the content store: what uploads and downloads have become when they are taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from aggregate_service.catalogue.records import Facts, NewPicture, Place
from aggregate_service.files.content_store import ContentStore
from aggregate_service.files.storage import status_of
from aggregate_service.jobs.leases import Item
from aggregate_service.jobs.sources.base import Prepared
from picture_files.errors import UnreadablePicture
from picture_files.formats import BY_MEDIA_TYPE
from picture_files.reader import PictureLimits, read_about, read_header
from service_kit.messages.message import message


@dataclass(frozen=True)
class About:
    """What is said of a picture by whoever brought it."""

    title: str | None = None
    source_url: str | None = None
    labels: Sequence[str] = ()
    first_title: str | None = None


class StoredPictures:
    def __init__(self, contents: ContentStore, limits: PictureLimits) -> None:
        self.contents, self._limits = contents, limits

    def suffix(self, file: BinaryIO) -> str:
        """What a picture's file is called after its format; `UnreadablePicture` when it isn't one."""
        return BY_MEDIA_TYPE[read_header(file, self._limits).media_type].suffixes[0]

    def prepared(
        self,
        item: Item,
        place: str,
        sha256: str,
        about: About,
        vector: NDArray[np.float32] | None = None,
    ) -> Prepared:
        """Described, not read: that is done when its turn comes. `UnreadablePicture` when it isn't one."""
        content = self.contents.locate(place)
        try:
            with content.open("rb") as file:
                header, metadata = read_about(file, self._limits)
                status = status_of(file)
        except FileNotFoundError:
            raise UnreadablePicture(message("kept-file-gone")) from None
        facts = Facts(
            status.size,
            status.modified_ns,
            sha256,
            header.width,
            header.height,
            media_type=header.media_type,
            metadata=metadata,
        )
        new = NewPicture(
            Place(None, place), facts, about.title, about.source_url, about.labels, about.first_title
        )
        return Prepared(item, facts, content, new, vector)
