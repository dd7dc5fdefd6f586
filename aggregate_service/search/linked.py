"""Pictures on other people's servers that a question names by their links: searched with, and never kept."""

import asyncio
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog, Picture
from aggregate_service.links.errors import TooLargeAnswer
from aggregate_service.links.fetch import Downloader
from aggregate_service.links.link import normal_link
from aggregate_service.search.question import ByUrl, Question, Upload
from service_kit.messages.message import message

_LONGEST_NAME = 100


class LinkedPictures:
    def __init__(self, catalog: Catalog, downloader: Downloader, max_file_bytes: int) -> None:
        self._catalog, self._downloader, self._max_file_bytes = catalog, downloader, max_file_bytes

    async def resolved(self, question: Question) -> Question:
        """What no picture of the catalogue came from is downloaded, and an upload of the question then."""
        named = [part for part in question.parts if isinstance(part, ByUrl)]
        known = [await run_in_threadpool(picture_by_link, self._catalog, part.url) for part in named]
        unknown = [part for part, picture in zip(named, known, strict=True) if picture is None]
        fetched = await asyncio.gather(*(self.fetch(part.url, part.weight) for part in unknown))
        rest = tuple(part for part in question.parts if part not in unknown)
        return replace(question, parts=rest, uploads=(*question.uploads, *fetched))

    async def fetch(self, link: str, weight: float = 1.0) -> Upload:
        """One of the problems in `links.errors` where it can't be had."""
        url = normal_link(link)
        downloaded = await self._downloader.fetch(url)
        if len(downloaded.data) > self._max_file_bytes:
            limit = f"{self._max_file_bytes / 1e6:g}"
            raise TooLargeAnswer(message("link-too-large", host=urlsplit(url).hostname or url, most=limit))
        return Upload(_name_of(url), downloaded.data, weight)


def picture_by_link(catalog: Catalog, url: str) -> Picture | None:
    """The picture that came from this link, in whichever form the link was kept."""
    return catalog.by_url(normal_link(url)) or catalog.by_url(url)


def _name_of(url: str) -> str:
    """What a picture is called where only its link says so."""
    parts = urlsplit(url)
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    return "".join(letter for letter in last if letter.isprintable())[-_LONGEST_NAME:] or parts.netloc
