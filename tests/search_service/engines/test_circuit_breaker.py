"""An engine that is away is tried by one caller a second; the others hear so at once."""

import pytest

from search_service.engines.circuit_breaker import AwayGate
from search_service.errors import EngineAway


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nobody_tries_for_a_second_after_it_was_found_away() -> None:
    clock = Clock()
    gate = AwayGate("Milvus", clock)
    with gate.passing():
        gate.away(OSError("no route to it"))
    clock.now += 0.9
    with pytest.raises(EngineAway, match="Milvus doesn't answer"), gate.passing():
        pytest.fail("somebody waits for it")


def test_then_somebody_tries_again() -> None:
    clock = Clock()
    gate, tried = AwayGate("Milvus", clock), []
    gate.away(OSError("no route to it"))
    clock.now += 1.1
    with gate.passing():
        tried.append("it")
    assert tried == ["it"]
