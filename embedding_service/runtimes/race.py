"""Which of two ways to encode is the faster, on this processor, now: both are run in turn."""

import time
from collections.abc import Callable
from typing import Any

from embedding_service.encoders.arrays import Pixels

Encode = Callable[[Pixels], Any]
ROUNDS, ENOUGH_SECONDS = 5, 1.5


def race(
    first: Encode, second: Encode, pixels: Pixels, clock: Callable[[], float] = time.perf_counter
) -> tuple[float, float]:
    """Pictures a second of each, its best round's: whatever else the processor does meanwhile slows both.

    Some rounds in turn, fewer where they take long, one at the least.
    """
    best = [float("inf")] * 2
    began = clock()
    for _ in range(ROUNDS):
        for i, encode in enumerate((first, second)):
            start = clock()
            encode(pixels)
            best[i] = min(best[i], clock() - start)
        if clock() - began > ENOUGH_SECONDS:
            break
    return len(pixels) / best[0], len(pixels) / best[1]
