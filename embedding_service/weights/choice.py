"""Which encoder answers: the one that was asked for, or, when nobody asked, the best that can be had."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from embedding_service.config import Settings
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import BrokenCheckpoint, local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import (
    BY_NAME,
    DEFAULT,
    FALLBACK,
    LAST_RESORT,
    SPECS,
    EncoderSpec,
)
from embedding_service.weights.commands import fetch_command
from embedding_service.weights.download import DownloadFailed, damaged_files, delete_files, download
from embedding_service.weights.hub import Hub, HubUnavailable
from service_kit.messages.message import message

log = logging.getLogger(__name__)
Say = Callable[[str], None]
Load = Callable[[EncoderSpec], Encoder]


@dataclass(frozen=True)
class Choice:
    """The encoder that answers. `notice` says what is special about it; every page and program shows it."""

    encoder: Encoder
    notice: str | None = None


class NoEncoder(Exception):
    """The encoder that was asked for can't be had; the message is one line that says what to do."""


def choose(
    settings: Settings, hub: Hub, say: Say, stop: threading.Event, load: Load = load_encoder
) -> Choice:
    """Load the encoder of these settings; may take minutes when its weights must be downloaded.

    `load` builds what answers where nothing can be downloaded.

    Raises `NoEncoder` when an encoder was named and can't be had: what was named is never replaced silently.
    `say` is told what is being done, in words for `/readyz`.
    """
    for name in settings.other_models:
        named(name, "EMBEDDING_MODELS")
    try:
        if settings.model_path is not None:
            say(f"Loading the encoder in {settings.model_path}.")
            spec = local_spec(settings.model_path, settings.model)
            return Choice(load_encoder(spec, settings.model_path))
        return Choice(_load(named(settings.model), hub, say, stop))
    except BrokenCheckpoint as error:
        raise NoEncoder(f"The encoder can't be loaded: {error}.") from error
    except (HubUnavailable, DownloadFailed) as error:
        if settings.model is None:
            return _fallback(str(error), load)
        raise NoEncoder(
            f"The weights of {settings.model} aren't here: {error}. "
            f"Fetch them with: {fetch_command(settings.model)}"
        ) from error


def named(name: str | None, setting: str = "EMBEDDING_MODEL") -> EncoderSpec:
    """The row of a name; of no name, the default."""
    spec = DEFAULT if name is None else BY_NAME.get(name)
    if spec is None:
        known = ", ".join(spec.name for spec in SPECS)
        raise NoEncoder(f"{setting}={name} isn't known. Known: {known}; or set EMBEDDING_MODEL_PATH.")
    return spec


def missing(settings: Settings, hub: Hub, spec: EncoderSpec) -> str | None:
    """Why this encoder can't be loaded beside the default one, if its weights aren't here.

    Only those in EMBEDDING_MODELS are downloaded: whoever sends a request must not make this service fetch
    gigabytes.
    """
    if spec.name in settings.other_models or hub.cached_folder(spec) is not None:
        return None
    return f"The weights of {spec.name} aren't here. Fetch them with: {fetch_command(spec.name)}"


def load_other(settings: Settings, hub: Hub, spec: EncoderSpec, say: Say, stop: threading.Event) -> Encoder:
    """One more encoder beside the default one; raises `NoEncoder`."""
    if absent := missing(settings, hub, spec):
        raise NoEncoder(absent)
    try:
        return _load(spec, hub, say, stop)
    except BrokenCheckpoint as error:
        raise NoEncoder(f"{spec.name} can't be loaded: {error}.") from error
    except (HubUnavailable, DownloadFailed) as error:
        raise NoEncoder(
            f"The weights of {spec.name} aren't here: {error}. Fetch them with: {fetch_command(spec.name)}"
        ) from error


def _load(spec: EncoderSpec, hub: Hub, say: Say, stop: threading.Event) -> Encoder:
    folder = None
    if spec.files:
        folder = hub.cached_folder(spec) or download(hub, spec, _in_words(spec, say), stop)
    say(f"Loading {spec.name}.")
    try:
        return load_encoder(spec, folder)
    except BrokenCheckpoint as error:
        if folder is None:
            raise
        return load_encoder(spec, _refetched(spec, hub, folder, error, say, stop))


def _refetched(
    spec: EncoderSpec, hub: Hub, folder: Path, error: BrokenCheckpoint, say: Say, stop: threading.Event
) -> Path:
    """Fetch anew, once, what the cache holds damaged; `error` again where that isn't the cause."""
    damaged = damaged_files(spec, folder)
    if not damaged:
        raise error
    names = ", ".join(damaged)
    try:
        hub.describe(spec, damaged)  # nothing is deleted that can't be had again
    except HubUnavailable as unavailable:
        raise BrokenCheckpoint(
            f"{error}; damaged in the cache: {names}, which can't be fetched again: {unavailable}"
        ) from error
    log.warning("%s was damaged in the cache (%s) and is fetched again", spec.name, names)
    delete_files(folder, damaged)
    return download(hub, spec, _in_words(spec, say), stop)


def _in_words(spec: EncoderSpec, say: Say) -> Callable[[str, int, int], None]:
    def report(_file: str, done: int, size: int) -> None:
        say(f"Downloading the weights of {spec.name}: {done / 1e6:.0f} of {size / 1e6:.0f} MB.")

    return report


def _fallback(reason: str, load: Load) -> Choice:
    try:
        encoder = load(FALLBACK)
        notice = message(
            "mini-encoder-stands-in", model=DEFAULT.name, encoder=FALLBACK.name, command=fetch_command()
        )
    except BrokenCheckpoint as error:
        encoder = load(LAST_RESORT)
        notice = message(
            "colours-stand-in",
            model=DEFAULT.name,
            encoder=FALLBACK.name,
            reason=str(error),
            other=LAST_RESORT.name,
        )
    log.warning("%s (%s.)", notice, reason)
    return Choice(encoder, notice)
