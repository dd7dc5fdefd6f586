"""All checks in the order in which a person would ask them."""

from collections.abc import Iterator
from pathlib import Path

from aggregate_service.catalogue.local_catalogue import catalogue_file
from aggregate_service.config import Settings
from aggregate_service.doctor import machine
from aggregate_service.doctor.finding import Finding, ok
from aggregate_service.doctor.hub import hub
from aggregate_service.doctor.packages import packages
from aggregate_service.doctor.ports import port
from aggregate_service.doctor.services import Heard, encoder, listen_to, service
from aggregate_service.doctor.settings import OtherServices
from aggregate_service.doctor.stores import agreement, database

_MEND_CATALOGUE = (
    "Stop the service, move the file away, and run `image-search index DIR`: pictures get new ids."
)
_MEND_VECTORS = "Stop the search service, move the file away, start it, and run `image-search index DIR`."


def examine(settings: Settings, others: OtherServices, server: str) -> Iterator[Finding]:
    """Each finding as soon as it is known; takes seconds, also where nothing answers."""
    yield machine.python()
    yield from packages(others.backend)
    yield machine.memory()
    yield from machine.folders(_written_to(settings, others))
    yield machine.clock()
    yield from machine.accelerators()
    embedding = listen_to("embedding", settings.embedding_api_url.split(",")[0].strip())
    search = listen_to("search", settings.search_api_url)
    aggregate = listen_to("aggregate", server)
    yield from _services(settings, others, embedding, search, aggregate)
    catalogue = catalogue_file(settings)
    if catalogue is None:
        yield ok("Catalogue", "in PostgreSQL (DATABASE_URL): the aggregate service says whether it answers")
    else:
        yield database("Catalogue", catalogue, _MEND_CATALOGUE)
    if others.backend == "faiss":
        yield database("Vectors", others.data_dir / "vectors.db", _MEND_VECTORS)
    fingerprint = embedding.said.get("fingerprint") if embedding.ready else None
    agreed = agreement(catalogue, search.url, fingerprint) if catalogue and search.alive else None
    if agreed:
        yield agreed


def _services(
    settings: Settings, others: OtherServices, embedding: Heard, search: Heard, aggregate: Heard
) -> Iterator[Finding]:
    yield port(
        "embedding", "EMBEDDING_FASTAPI_PORT", others.embedding_host, others.embedding_port, embedding.alive
    )
    yield port("search", "SEARCH_FASTAPI_PORT", others.search_host, others.search_port, search.alive)
    yield port("aggregate", "AGG_FASTAPI_PORT", settings.host, settings.port, aggregate.alive)
    yield service(embedding, "EMBEDDING_API_URL")
    yield service(search, "SEARCH_API_URL")
    yield service(aggregate, "IMAGE_SEARCH_URL")
    answering = encoder(embedding)
    if answering:
        yield answering
    yield hub(needed=answering is None or answering.level != "ok")


def _written_to(settings: Settings, others: OtherServices) -> list[tuple[str, Path]]:
    """One of each: where several settings name the same folder, the first speaks for all."""
    named = [
        ("CATALOG_PATH", settings.catalog_path.parent),
        ("SEARCH_DATA_DIR", others.data_dir),
        ("THUMBNAILS_DIR", settings.thumbnails_dir),
        ("UPLOAD_DIR", settings.upload_dir),
    ]
    return [pair for place, pair in enumerate(named) if pair[1] not in {path for _, path in named[:place]}]
