"""How long the duplicates of many pictures take to find: synthetic vectors, the real search service.

Every tenth picture is nearly the one before. Their files don't exist: the encoder decides, and what reading
the files of neighbours takes comes on top."""

import asyncio
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.catalogue.database import Database, sqlite_url
from aggregate_service.catalogue.gallery import Gallery
from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.clients.search import SearchClient
from aggregate_service.files.image_store import ImageStore
from aggregate_service.files.storage import Folder
from aggregate_service.jobs.comparing import Comparing
from benchmarks.catalogue_services import running
from benchmarks.large_catalogue import fill_catalogue, fill_search
from picture_files.reader import PictureLimits
from service_kit.collection_name import collection_name

_AT_ONCE, _EVERY = 10_000, 10
_NOISE = 0.15


def comparing(folder: Path, count: int) -> dict[str, Any]:
    logging.disable(logging.WARNING)  # each missing file
    with running(folder, {"EMBEDDING_MODEL": "mini"}) as services:
        encoder = services.start("embedding_service")["fingerprint"]
        services.start("search_service")
        url, name = str(sqlite_url(folder / "catalog.db")), collection_name(encoder)
        fill_catalogue(url, name, count, folder)
        fill_search(services.url("search_service"), encoder, _vectors(count, encoder))
        catalog, began, used = Catalog(Database(url)), time.perf_counter(), time.process_time()
        before = services.processor_seconds()["search_service"]
        addresses = services.url("embedding_service"), services.url("search_service")
        compared = asyncio.run(_compare(catalog, folder, *addresses))
        told = {
            "pictures": compared,
            "seconds": round(time.perf_counter() - began, 1),
            "processor_seconds": round(time.process_time() - used, 1),
            "search_service_processor_seconds": round(
                services.processor_seconds()["search_service"] - before, 1
            ),
            "found": _found(catalog, name) / (count // _EVERY),
        }
        catalog.close()
    return told


async def _compare(catalog: Catalog, folder: Path, embedding_url: str, search_url: str) -> int:
    embedding, search = EmbeddingClient([embedding_url], seconds=600), SearchClient(search_url, seconds=600)
    gallery = Gallery(catalog, folder)
    store = ImageStore(gallery.folder, Folder(folder / "uploads"), folder / "thumbnails", PictureLimits())
    try:
        return await Comparing(catalog, store, embedding, search).compare()
    finally:
        await embedding.close()
        await search.close()


def _found(catalog: Catalog, collection: str) -> int:
    """Groups of the picture before and its copy, and of nothing else."""
    found, before = 0, None
    while True:
        page = catalog.duplicates(collection, before, 1_000)
        ids = (sorted(picture.id for picture in group) for group in page.groups)
        found += sum(group == [group[0], group[0] + 1] and group[1] % _EVERY == 0 for group in ids)
        if (before := page.next) is None:
            return found


def _vectors(count: int, encoder: str) -> Iterator[tuple[int, NDArray[np.float32]]]:
    dimension = int(encoder.rsplit(":", 1)[1])
    random = np.random.default_rng(9)
    topics = random.standard_normal((2_000, dimension), dtype=np.float32)
    for start in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - start)
        vectors = topics[random.integers(len(topics), size=size)]
        vectors += 0.6 * random.standard_normal((size, dimension), dtype=np.float32)
        copies = np.arange(_EVERY, size, _EVERY)
        noise = random.standard_normal((len(copies), dimension), dtype=np.float32)
        vectors[copies] = vectors[copies - 1] + _NOISE * noise
        yield start, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
