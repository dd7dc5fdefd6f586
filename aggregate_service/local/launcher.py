"""`make run`: encoder, pictures, three services, index, and then a page at http://localhost:8000."""

import math
import os
import secrets
import socket
import time
from collections.abc import Mapping
from typing import Any

from dotenv import dotenv_values

from aggregate_service.files.uploads import is_bucket
from aggregate_service.local.config import LocalSettings
from aggregate_service.local.console import progress_bar, say
from aggregate_service.local.gallery import (
    LocalState,
    NoPictures,
    check_own_folder,
    find_gallery,
    note_restored,
    state_here,
)
from aggregate_service.local.idle_threads import SLEEP
from aggregate_service.local.interrupts import Interrupted, Interrupts
from aggregate_service.local.link import page_link
from aggregate_service.local.only_one import AlreadyRunning, only_one, refuse_a_second
from aggregate_service.local.services import Service, ServiceFailed, ServiceGroup, run_to_its_end
from aggregate_service.local.start_job import follow
from service_kit.settings import from_environment, home

PORTS = {
    "embedding_service": ("EMBEDDING", 8002),
    "search_service": ("SEARCH", 8001),
    "aggregate_service": ("AGG", 8000),
}
_PORT_SECONDS = 3.0  # a service whose launcher was killed lets go of its port sooner


class CannotStart(Exception):
    """The message says what is in the way."""


def main() -> int:
    interrupts = Interrupts()
    interrupts.install()
    services = ServiceGroup(interrupts, say)
    try:
        run(from_environment(LocalSettings), _environment(), services)
    except Interrupted:
        say("\nStopping …")
    except (AlreadyRunning, CannotStart, NoPictures, ServiceFailed) as error:
        say(f"Can't go on: {error}")
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        say(f"Can't go on: {place}{error.strerror or error}.")
        return 1
    finally:
        services.stop()
    return 0


def run(settings: LocalSettings, environment: dict[str, str], services: ServiceGroup) -> None:
    """Everything from nothing to a served page; until it is interrupted."""
    if settings.images is not None:
        check_own_folder(settings.images)  # before anything is downloaded
    if (here := state_here(settings)) is not None:
        refuse_a_second(here.state)
    urls = {name: _address(name, environment, services.interrupts) for name in PORTS}
    fetch_encoder(environment, services.interrupts)
    environment.setdefault("ACCESS_TOKEN", secrets.token_urlsafe(24))
    encoding, *others = PORTS
    # The encoder loads while pictures are fetched.
    services.start(Service(encoding, urls[encoding], dict(environment)))
    with services.interrupts.at_any_moment():
        gallery = find_gallery(settings, progress_bar, say)
    places = gallery.places()
    if is_bucket(settings.uploads):
        del places["UPLOAD_DIR"]
    environment |= {name: str(place.resolve()) for name, place in places.items()}
    environment |= {
        "EMBEDDING_API_URL": urls["embedding_service"],
        "SEARCH_API_URL": urls["search_service"],
    }
    to_wait = math.inf if settings.restore_from else settings.start_seconds
    page = urls["aggregate_service"].replace("127.0.0.1", "localhost")
    with only_one(gallery.state, services.interrupts.pause, say, page) as lock:
        for name in others:
            services.start(Service(name, urls[name], environment, [lock]))
        encoder = wait_for_all(services, settings.start_seconds, to_wait)
        note_restored(settings)
        _announce(page_link(urls["aggregate_service"], environment), gallery, encoder)
        services.run()


def wait_for_all(services: ServiceGroup, seconds: float, for_catalogue: float) -> dict[str, Any]:
    """Until they answer and the pictures are indexed; what the encoder says of itself.

    `for_catalogue` is how long the aggregate service may take, which may have a backup to restore.
    """
    embedding, search, aggregate = services.all
    encoder = services.wait_until_up(embedding, "/readyz", seconds)
    services.wait_until_up(search, "/readyz", seconds)
    services.wait_until_up(aggregate, "/healthz", for_catalogue)
    follow(aggregate, services)
    return encoder


def fetch_encoder(environment: Mapping[str, str], interrupts: Interrupts) -> None:
    """Download the encoder's weights unless they are there. Without a hub the service falls back."""
    if environment.get("EMBEDDING_MODEL_PATH"):
        return
    model = environment.get("EMBEDDING_MODEL")
    wanted = [model] if model else []
    code = run_to_its_end("embedding_service.fetch", *wanted, environment=environment, interrupts=interrupts)
    if code != 0 and model:
        raise CannotStart(f"the weights of EMBEDDING_MODEL={model} can't be had; the line above says why.")


def _address(name: str, environment: Mapping[str, str], interrupts: Interrupts) -> str:
    prefix, default = PORTS[name]
    given = environment.get(f"{prefix}_FASTAPI_PORT", str(default))
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotStart(f"{prefix}_FASTAPI_PORT={given} is no port: it is a number from 1 to 65535.")
    port = int(given)
    until = time.monotonic() + _PORT_SECONDS
    while _is_taken(port):
        if time.monotonic() > until:
            raise CannotStart(
                f"port {port} is in use. Stop what runs there, or choose another: "
                f"{prefix}_FASTAPI_PORT={port + 100} make run"
            )
        interrupts.pause(0.1)
    return f"http://127.0.0.1:{port}"


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _announce(url: str, gallery: LocalState, encoder: Mapping[str, Any]) -> None:
    say("")
    say(f"  Image search is ready: {url}")
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
    set_here = {name: value for name, value in os.environ.items() if value}  # empty counts as unset
    return SLEEP | local | from_file | set_here
