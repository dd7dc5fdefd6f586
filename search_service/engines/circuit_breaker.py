"""An engine on the network that is away: every caller hears so at once, and one a second tries again."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from search_service.errors import EngineAway

log = logging.getLogger(__name__)
_SECONDS = 1.0


class AwayGate:
    """Callers that find the engine away say so with `EngineAway`; for a second, others don't wait for it too.

    Without it, each request would wait out a timeout of its own and hold a thread meanwhile.
    """

    def __init__(self, engine: str, clock: Callable[[], float] = monotonic) -> None:
        self._engine, self._clock = engine, clock
        self._away_until = 0.0

    @contextmanager
    def passing(self) -> Iterator[None]:
        if self._clock() < self._away_until:
            raise EngineAway(self._engine)
        yield

    def away(self, reason: Exception) -> EngineAway:
        """Note it, log the reason, and return what the client hears, which names no address."""
        self._away_until = self._clock() + _SECONDS
        log.error("%s is away: %s", self._engine, str(reason).strip().partition("\n")[0])
        return EngineAway(self._engine)
