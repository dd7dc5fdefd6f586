"""`python -m embedding_service.fetch [NAME]`: bring an encoder's weights into the hub's cache."""

import argparse
import sys
import threading

from embedding_service.config import Settings
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.weights.choice import NoEncoder, named
from embedding_service.weights.download import DownloadFailed, damaged_files, delete_files, download
from embedding_service.weights.hub import Hub, HubUnavailable
from embedding_service.weights.progress import ProgressBar
from service_kit.settings import from_environment

OK, FAILED, UNKNOWN, NO_HUB = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m embedding_service.fetch", description=__doc__)
    parser.add_argument(
        "name", nargs="?", help="an encoder's name; EMBEDDING_MODEL, or the default, if absent"
    )
    parser.add_argument("--verify", action="store_true", help="compare what is there with its checksums too")
    options = parser.parse_args(arguments)
    settings = from_environment(Settings)
    try:
        hub = Hub.from_environment(settings.hub_seconds)
        return fetch(hub, named(options.name or settings.model), options.verify)
    except NoEncoder as error:
        return _complain(str(error), UNKNOWN)
    except HubUnavailable as error:
        return _complain(f"The encoder's weights can't be fetched: {error}.", NO_HUB)
    except DownloadFailed as error:
        return _complain(f"The encoder's weights didn't arrive: {error}.", FAILED)
    except KeyboardInterrupt:
        return _complain("Stopped; fetching again goes on from here.", FAILED)


def fetch(hub: Hub, spec: EncoderSpec, verify: bool) -> int:
    if not spec.files:
        print(f"{spec.name} needs no weights.")
        return OK
    folder = hub.cached_folder(spec)
    if folder is None:
        print(f"Fetching {spec.name} ({spec.licence}), revision {spec.revision[:12]}", flush=True)
        folder = download(hub, spec, ProgressBar(), threading.Event())
    elif verify and (damaged := damaged_files(spec, folder)):
        delete_files(folder, damaged)
        return _complain(f"Damaged: {', '.join(damaged)} (deleted; fetch again).", FAILED)
    print(f"{spec.name} is ready in {folder}")
    return OK


def _complain(line: str, code: int) -> int:
    print(line, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
