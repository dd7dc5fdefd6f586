"""An event loop on which waiting takes no time, so that deadlines can be tested to the exact second."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Where nothing is ready, the clock jumps to the next timer instead of waiting for it."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # no timer at all: a thread is at work
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.passed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its clock shows the seconds that were waited for. Nothing may come from other threads meanwhile."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


def timed(call: Coroutine[Any, Any, T], loop: type[VirtualLoop] = VirtualLoop) -> tuple[T, float]:
    """What the call returns, and the seconds that it waited."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(call), runner.get_loop().time()
