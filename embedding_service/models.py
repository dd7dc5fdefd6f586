"""The encoders of this process: loaded in the background, one at a time, handed to requests by name."""

import asyncio
import logging
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from embedding_service.config import Settings
from embedding_service.embedder import Embedder
from embedding_service.encoders.base import Encoder, EncoderFailed
from embedding_service.encoders.specs import BY_NAME, SPECS, EncoderSpec
from embedding_service.errors import ModelNotHere, NotReady, UnknownModel
from embedding_service.library import Library
from embedding_service.runtimes.base import RuntimeFailed
from embedding_service.weights.choice import NoEncoder
from embedding_service.weights.download import Stopped
from service_kit.messages.message import message
from service_kit.problems import Problem

log = logging.getLogger(__name__)
MakeEmbedder = Callable[[Encoder], Embedder]
_FAILURES = (NoEncoder, EncoderFailed, RuntimeFailed)


class Models:
    """A default encoder, chosen at the start and again until that succeeds; others beside it on demand."""

    def __init__(self, library: Library, make_embedder: MakeEmbedder, settings: Settings) -> None:
        self._library, self._make_embedder, self._settings = library, make_embedder, settings
        self._strict = settings.runtime == "openvino"  # then nothing else ever answers, not even for seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load-encoder", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._missing = "The service has just started and is looking for its encoder."
        self._default: Embedder | None = None
        self._others: OrderedDict[str, Embedder] = OrderedDict()  # the least recently used first
        self._changing = threading.Lock()
        self._wanted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self._failed: dict[str, tuple[str, float]] = {}
        self.notice: str | None = None

    def start(self) -> None:
        """Called in the event loop that requests will come from."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Ends a download or a wait at once; a model that is being read into memory is left behind."""
        self._stop.set()
        self._wanted.put("")
        for embedder in self._loaded():
            await embedder.close()

    def default(self) -> Embedder:
        """Raises `NotReady` with one line that says what is missing."""
        if self._default is None:
            raise NotReady(self._missing, headers={"Retry-After": "5"})
        return self._default

    def get(self, name: str | None) -> Embedder:
        """The embedder of an encoder's name, or the default one.

        `UnknownModel` lists what there is; `ModelNotHere` says what is missing; `NotReady` that it is being
        loaded now, or why one of EMBEDDING_MODELS still isn't.
        """
        default = self.default()
        if name in (None, default.encoder.spec.name):
            return default
        if name not in BY_NAME:
            known = ", ".join(spec.name for spec in self.known())
            raise UnknownModel(f"There is no model {name!r} here. Known: {known}.")
        with self._changing:
            embedder = self._others.get(name)
            if embedder is not None:
                self._others.move_to_end(name)
                return embedder
        raise self._asked_for(name)

    def known(self) -> list[EncoderSpec]:
        """Every row of facts, and before them the encoder of a local folder."""
        served = self.served()
        others = [spec for spec in SPECS if served is None or spec.name != served.name]
        return [served, *others] if served else others

    def served(self) -> EncoderSpec | None:
        """The default encoder, once it answers."""
        return self._default.encoder.spec if self._default else None

    def loaded(self) -> dict[str, Embedder]:
        """Every loaded encoder's name, and what answers for it."""
        return {embedder.encoder.spec.name: embedder for embedder in self._loaded()}

    def _loaded(self) -> list[Embedder]:
        with self._changing:
            return ([self._default] if self._default else []) + list(self._others.values())

    def _asked_for(self, name: str) -> Problem:
        """Have it loaded, unless it can't be, or that has just failed."""
        if absent := self._library.missing(BY_NAME[name]):
            return ModelNotHere(absent)
        reason, until = self._failed.get(name, ("", 0.0))
        if time.monotonic() < until and name not in self._settings.other_models:
            return ModelNotHere(reason)
        if time.monotonic() < until:
            return NotReady(reason, headers={"Retry-After": str(int(self._settings.retry_seconds) + 1)})
        if name not in self._waiting:
            self._waiting.add(name)
            self._wanted.put(name)
        return NotReady(message("encoder-loading", model=name), headers={"Retry-After": "5"})

    def _run(self) -> None:
        try:
            self._load_default()
            for name in self._settings.other_models:
                self._wanted.put(name)
            while not self._stop.is_set():
                self._load_other(self._wanted.get())
        except Stopped:
            return
        finally:
            if self._default is None:
                self._missing = "The encoder couldn't be loaded, for a reason that is in the service's log."

    def _load_default(self) -> None:
        complaint = ""
        while not self._stop.is_set():
            try:
                choice = self._library.choose(self._say, self._stop)
                embedder = self._proven(choice.encoder)
                self.notice, self._default = choice.notice, embedder
                self._serve(embedder)
                return
            except _FAILURES as error:
                self._missing = str(error)
                if complaint != str(error):
                    log.error(complaint := str(error))
                self._stop.wait(self._settings.retry_seconds)

    def _load_other(self, name: str) -> None:
        if name not in BY_NAME or name in self.loaded():
            self._waiting.discard(name)
            return
        spec = BY_NAME[name]
        try:
            self._make_room(spec)
            embedder = self._proven(self._library.load(spec, log.info, self._stop))
            with self._changing:
                self._others[name] = embedder
            self._failed.pop(name, None)
            self._serve(embedder)
        except _FAILURES as error:
            log.error("%s: %s", name, error)
            self._failed[name] = (str(error), time.monotonic() + self._settings.retry_seconds)
        finally:
            self._waiting.discard(name)

    def _make_room(self, spec: EncoderSpec) -> None:
        """Let the least recently used go until there is room; `NoEncoder` when there never is."""
        budget, needed = self._settings.memory_mb * 1e6, self._library.bytes_of(spec)
        pinned = self._library.bytes_of(self.default().encoder.spec)
        if pinned + needed > budget:
            raise NoEncoder(
                f"{spec.name} needs {needed / 1e6:.0f} MB; EMBEDDING_MEMORY_MB={self._settings.memory_mb:g} "
                f"leaves {max(0, budget - pinned) / 1e6:.0f} beside the default encoder."
            )
        with self._changing:
            while pinned + needed + sum(map(self._bytes_of, self._others.values())) > budget:
                name, embedder = self._others.popitem(last=False)
                log.info("%s makes room for %s", name, spec.name)
                if self._loop is not None:
                    asyncio.run_coroutine_threadsafe(embedder.retire(), self._loop)

    def _bytes_of(self, embedder: Embedder) -> int:
        return self._library.bytes_of(embedder.encoder.spec)

    def _proven(self, encoder: Encoder) -> Embedder:
        embedder = self._make_embedder(encoder)
        embedder.prove()
        if self._strict:
            self._accelerate(embedder)
        return embedder

    def _serve(self, embedder: Embedder) -> None:
        """It answers already; where the runtime was left to us, a faster one takes over when it is made."""
        log.info("%s is ready (%s)", embedder.encoder.spec.fingerprint, embedder.runtime)
        if not self._strict:
            self._accelerate(embedder)

    def _accelerate(self, embedder: Embedder) -> None:
        selected = self._library.runtime(embedder.encoder)
        embedder.adopt(selected)
        log.info("%s runs on %s (%s)", embedder.encoder.spec.name, embedder.runtime, selected.why)

    def _say(self, doing: str) -> None:
        self._missing = doing
