"""Which projection is in use, if any: kept in the catalogue, so that every process that shares it agrees."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import numpy as np
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from aggregate_service.catalogue.catalog import Catalog
from aggregate_service.errors import DatabaseAway
from aggregate_service.improvement.projection import Projection

_STATE, _MATRIX = "improvement", "improvement-matrix"
_FRESH_SECONDS = 1.0


class InUse(BaseModel):
    """The projection that answers are found with."""

    encoder: str = Field(description="Fingerprint of the encoder alone.", examples=["mini@418d568fbafa:640"])
    fingerprint: str = Field(examples=["mini@418d568fbafa+1a2b3c4d:640"])
    kind: str = Field(examples=["siamese"])
    job: str = Field(description="The improvement that it is from.")
    since: datetime


class Projections:
    """Safe from several threads."""

    def __init__(self, catalog: Catalog, clock: Callable[[], float] = monotonic) -> None:
        self._catalog, self._clock = catalog, clock
        self._asked = float("-inf")
        self._current: Projection | None = None

    async def current(self) -> Projection | None:
        """What is in use; the catalogue is asked once a second. While it is away, what was in use then."""
        if self._clock() - self._asked > _FRESH_SECONDS:
            await run_in_threadpool(self._refresh)
        return self._current

    def in_use(self) -> InUse | None:
        said = self._state().get("on")
        return InUse.model_validate(said) if said else None

    def turn_on(self, projection: Projection, job_id: str) -> None:
        on = InUse(
            encoder=projection.plain,
            fingerprint=projection.fingerprint,
            kind=projection.kind,
            job=job_id,
            since=datetime.now(UTC),
        )
        with self._catalog.transaction():
            state = self._retired()
            left = [each for each in state["retired"] if each != projection.fingerprint]
            self._catalog.put(_MATRIX, base64.b64encode(projection.matrix.tobytes()).decode())
            self._catalog.put(_STATE, json.dumps({"on": on.model_dump(mode="json"), "retired": left}))
        self._asked = float("-inf")

    def turn_off(self) -> bool:
        """Whether one was on. Its collection is retired, and emptied later."""
        with self._catalog.transaction():
            was_on = bool(self._state().get("on"))
            self._catalog.put(_STATE, json.dumps(self._retired()))
        self._asked = float("-inf")
        return was_on

    def retired(self) -> list[str]:
        """Fingerprints of those that are of no more use."""
        return list(self._state().get("retired", []))

    def forget(self, fingerprint: str) -> None:
        """Its vectors are gone."""
        with self._catalog.transaction():
            state = self._state()
            left = [each for each in state.get("retired", []) if each != fingerprint]
            self._catalog.put(_STATE, json.dumps(state | {"retired": left}))

    def _retired(self) -> dict[str, Any]:
        """The state without the one that is on."""
        state = self._state()
        on = state.get("on")
        retired = [*state.get("retired", []), *([on["fingerprint"]] if on else [])]
        return {"on": None, "retired": list(dict.fromkeys(retired))}

    def _state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self._catalog.get(_STATE) or "{}")
        return state

    def _refresh(self) -> None:
        try:
            on = self.in_use()
            if on is None:
                self._current = None
            elif self._current is None or self._current.fingerprint != on.fingerprint:
                self._current = self._loaded(on)
        except DatabaseAway:
            return
        self._asked = self._clock()

    def _loaded(self, on: InUse) -> Projection:
        data = np.frombuffer(base64.b64decode(self._catalog.get(_MATRIX) or ""), np.float16)
        side = int(on.encoder.rpartition(":")[2])
        return Projection(on.encoder, on.kind, data.reshape(side, side))
