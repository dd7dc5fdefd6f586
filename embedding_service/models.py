"""The encoders of this process: loaded in the background after the start, handed to requests by name."""

import logging
import threading
from collections.abc import Callable

from embedding_service.choice import Choice, NoEncoder, Say
from embedding_service.download import Stopped
from embedding_service.embedder import Embedder
from embedding_service.encoders.base import Encoder, EncoderFailed
from embedding_service.encoders.specs import SPECS, EncoderSpec
from embedding_service.errors import NotReady, UnknownModel

log = logging.getLogger(__name__)
Choose = Callable[[Say, threading.Event], Choice]
MakeEmbedder = Callable[[Encoder], Embedder]


class Models:
    """One encoder answers, chosen at the start. `choose` runs in a thread, again until it succeeds."""

    def __init__(self, choose: Choose, make_embedder: MakeEmbedder, retry_seconds: float) -> None:
        self._choose, self._make_embedder, self._retry_seconds = choose, make_embedder, retry_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load-encoder", daemon=True)
        self._missing = "The service has just started and is looking for its encoder."
        self._served: Embedder | None = None
        self.notice: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends a download or a wait at once; a model that is being read into memory is left behind."""
        self._stop.set()
        if self._served is not None:
            self._served.close()

    def default(self) -> Embedder:
        """Raises `NotReady` with one line that says what is missing."""
        if self._served is None:
            raise NotReady(self._missing, headers={"Retry-After": "5"})
        return self._served

    def get(self, name: str | None) -> Embedder:
        """The embedder of an encoder's name, or the default one; `UnknownModel` lists what there is."""
        served = self.default()
        if name in (None, served.encoder.spec.name):
            return served
        if any(spec.name == name for spec in SPECS):
            raise NotReady(
                f"{name} isn't loaded: this service runs {served.encoder.spec.name}. "
                f"Start one with EMBEDDING_MODEL={name}."
            )
        known = ", ".join(spec.name for spec in self.known())
        raise UnknownModel(f"There is no model {name!r} here. Known: {known}.")

    def known(self) -> list[EncoderSpec]:
        """Every row of facts, and before them the encoder of a local folder."""
        served = self._served.encoder.spec if self._served else None
        others = [spec for spec in SPECS if served is None or spec.name != served.name]
        return [served, *others] if served else others

    def served(self) -> EncoderSpec | None:
        return self._served.encoder.spec if self._served else None

    def _run(self) -> None:
        try:
            self._load()
        finally:
            if self._served is None:
                self._missing = "The encoder couldn't be loaded, for a reason that is in the service's log."

    def _load(self) -> None:
        complaint = ""
        while not self._stop.is_set():
            try:
                choice = self._choose(self._say, self._stop)
                embedder = self._make_embedder(choice.encoder)
                embedder.prove()
            except Stopped:
                return
            except (NoEncoder, EncoderFailed) as error:
                self._missing = str(error)
                if complaint != str(error):
                    log.error(complaint := str(error))
                self._stop.wait(self._retry_seconds)
            else:
                self.notice, self._served = choice.notice, embedder
                log.info("%s is ready", choice.encoder.spec.fingerprint)
                return

    def _say(self, doing: str) -> None:
        self._missing = doing
