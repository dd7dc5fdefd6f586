"""`make run`: encoder, pictures, three services, index, and then a page at http://localhost:8000."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from dotenv import dotenv_values

from aggregate_service.local.config import LocalSettings
from aggregate_service.local.console import progress_bar, say
from aggregate_service.local.gallery import Gallery, NoPictures, find_gallery
from aggregate_service.local.idle_threads import SLEEP
from aggregate_service.local.prepare import index_gallery
from aggregate_service.local.processes import Service, ServiceFailed, watch
from service_kit.settings import home

PORTS = {
    "embedding_service": ("EMBEDDING", 8002),
    "search_service": ("SEARCH", 8001),
    "aggregate_service": ("AGG", 8000),
}


class CannotStart(Exception):
    """The message says what is in the way."""


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    services: list[Service] = []
    try:
        run(LocalSettings(), _environment(), services)
    except KeyboardInterrupt:
        say("\nStopping …")
    except (CannotStart, NoPictures, ServiceFailed) as error:
        say(f"Can't go on: {error}")
        return 1
    finally:
        for service in reversed(services):
            service.stop()
    return 0


def run(settings: LocalSettings, environment: dict[str, str], services: list[Service]) -> None:
    """Everything from nothing to a served page; blocks until a service ends or Ctrl-C."""
    urls = {name: _address(name, environment) for name in PORTS}
    fetch_encoder(environment)
    gallery = find_gallery(settings, progress_bar, say)
    environment = (
        environment
        | _state(gallery)
        | {
            "EMBEDDING_API_URL": urls["embedding_service"],
            "SEARCH_API_URL": urls["search_service"],
        }
    )
    for name, url in urls.items():
        services.append(Service(name, url, environment))
        services[-1].start()
    embedding, search, aggregate = services
    encoder = embedding.wait_until_ready(settings.start_seconds)
    search.wait_until_ready(settings.start_seconds)
    if index_gallery(gallery, environment) != 0:
        raise ServiceFailed("the pictures couldn't be indexed; the lines above say why.")
    aggregate.wait_until_ready(settings.start_seconds)
    _announce(aggregate.url, gallery, encoder)
    watch(services)


def fetch_encoder(environment: Mapping[str, str]) -> None:
    """Download the encoder's weights unless they are there. Without a hub the service falls back."""
    if environment.get("EMBEDDING_MODEL_PATH"):
        return
    model = environment.get("EMBEDDING_MODEL")
    command = [sys.executable, "-m", "embedding_service.fetch", *([model] if model else [])]
    code = subprocess.run(command, env=dict(environment), check=False).returncode  # noqa: S603 - our own module
    if code != 0 and model:
        raise CannotStart(f"the weights of EMBEDDING_MODEL={model} can't be had; the line above says why.")


def _address(name: str, environment: Mapping[str, str]) -> str:
    prefix, default = PORTS[name]
    port = int(environment.get(f"{prefix}_FASTAPI_PORT") or default)
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CannotStart(
                f"port {port} is in use. Stop what runs there, or choose another: "
                f"{prefix}_FASTAPI_PORT={port + 100} make run"
            )
    return f"http://127.0.0.1:{port}"


def _state(gallery: Gallery) -> dict[str, str]:
    """Where the services keep what they derive from this gallery: galleries never mix."""
    places = {
        "IMAGES_DIR": gallery.folder,
        "CATALOG_PATH": gallery.state / "catalog.db",
        "IMAGES_PATH_FILE": gallery.state / "image_paths.json",
        "INDEX_SAVE_PATH": gallery.state / "index.faiss",
        "SEARCH_DATA_DIR": gallery.state / "search",
        "THUMBNAILS_DIR": gallery.state / "thumbnails",
        "UPLOAD_DIR": gallery.state / "uploads",
    }
    return {name: str(Path(place).resolve()) for name, place in places.items()}


def _announce(url: str, gallery: Gallery, encoder: Mapping[str, str | None]) -> None:
    say("")
    say(f"  Image search is ready: {url.replace('127.0.0.1', 'localhost')}")
    say(f"  Pictures: {gallery.label}   Encoder: {encoder.get('model')}")
    for notice in (gallery.notice, encoder.get("notice")):
        if notice:
            say(f"  Note: {notice}")
    say("  Ctrl-C stops it.")
    say("")


def _environment() -> dict[str, str]:
    """The process's environment over `.env`, as the services themselves and Compose read them."""
    from_file = {name: value for name, value in dotenv_values(home() / ".env").items() if value}
    local = {"LOG_LEVEL": "WARNING"}  # a line a request would drown the progress bars
    return SLEEP | local | from_file | dict(os.environ)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
