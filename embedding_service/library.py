"""Where the models of a process come from: chosen, loaded, given their runtime; which may take minutes."""

import threading
from functools import partial
from typing import Protocol

from embedding_service.config import Settings
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.specs import EncoderSpec
from embedding_service.runtimes.choose import Selected, fastest_runtime
from embedding_service.weights.choice import Choice, Say, choose, load_other, missing
from embedding_service.weights.hub import Hub


class Library(Protocol):
    """Called from one background thread, one call at a time."""

    def choose(self, say: Say, stop: threading.Event) -> Choice:
        """The default encoder; raises `NoEncoder`."""

    def load(self, spec: EncoderSpec, say: Say, stop: threading.Event) -> Encoder:
        """Another row's encoder; raises `NoEncoder`."""

    def missing(self, spec: EncoderSpec) -> str | None:
        """What another row's encoder lacks, and how to get it, in one line; at once, without the network."""

    def bytes_of(self, spec: EncoderSpec) -> int:
        """About how much memory a row's encoder takes."""

    def runtime(self, encoder: Encoder) -> Selected:
        """What encodes its pictures fastest, and why; raises `RuntimeFailed`."""


class RealLibrary:
    def __init__(self, settings: Settings, hub: Hub) -> None:
        self.choose = partial(choose, settings, hub)
        self.load = partial(load_other, settings, hub)
        self.missing = partial(missing, settings, hub)
        self.bytes_of = hub.bytes_of
        self._wanted, self._kept = settings.runtime, hub.converted

    def runtime(self, encoder: Encoder) -> Selected:
        return fastest_runtime(encoder, self._wanted, self._kept)
