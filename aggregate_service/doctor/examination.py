"""All checks in the order in which a person would ask them."""

from collections.abc import Iterator
from pathlib import Path

from aggregate_service.client import ImageSearch, ImageSearchError
from aggregate_service.config import Settings
from aggregate_service.doctor import machine
from aggregate_service.doctor.bucket import bucket
from aggregate_service.doctor.finding import Finding, bad, ok
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
    if settings.bucket is not None:
        yield bucket(settings.bucket)
    yield machine.clock()
    yield from machine.accelerators()
    embedding = listen_to("embedding", settings.embedding_api_url.split(",")[0].strip())
    search = listen_to("search", settings.search_api_url)
    aggregate = listen_to("aggregate", server)
    yield from _services(settings, others, embedding, search, aggregate)
    yield from _catalogue(settings, others, aggregate)
    if search.alive:
        yield ok("Vectors", "the search service has them open; stop it to have the files checked")
    elif others.backend == "faiss":
        for file in _each(others.search_data_dir, "vectors.db", others.data_dir, "search/vectors.db"):
            yield database("Vectors", file, _MEND_VECTORS)


def _catalogue(settings: Settings, others: OtherServices, aggregate: Heard) -> Iterator[Finding]:
    """Of a service that runs, what it tells: its catalogue needn't be the one of the settings here."""
    if aggregate.alive:
        yield ok("Catalogue", "the aggregate service has it open; stop it to have the file checked")
        try:
            with ImageSearch(aggregate.url) as images:
                agreed = agreement(images.status())
        except ImageSearchError as error:
            agreed = bad("Status", error.problem.detail, "See the aggregate service's log.")
        if agreed:
            yield agreed
    elif settings.catalogue_file is None:
        yield ok("Catalogue", "in PostgreSQL (DATABASE_URL): the aggregate service says whether it answers")
    else:
        where, name = settings.catalogue_file.parent, settings.catalogue_file.name
        for file in _each(where, name, others.data_dir, "catalog.db"):
            yield database("Catalogue", file, _MEND_CATALOGUE)


def _each(folder: Path, name: str, data_dir: Path, launched: str) -> list[Path]:
    """The file that the settings name, and those that `make run` keeps for other folders of pictures."""
    found = [path for above in ("*", "folders/*") for path in sorted(data_dir.glob(f"{above}/{launched}"))]
    return list(dict.fromkeys([folder / name, *found]))


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
        ("SEARCH_DATA_DIR", others.search_data_dir),
        ("THUMBNAILS_DIR", settings.thumbnails_dir),
        ("INCOMING_DIR" if settings.bucket else "UPLOAD_DIR", settings.upload_dir),
    ]
    return [pair for place, pair in enumerate(named) if pair[1] not in {path for _, path in named[:place]}]
