"""Between decoded inputs and the model: what waits together, from all requests, is encoded together."""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Row = NDArray[np.float32]
Encode = Callable[[Sequence[Item]], Row]
Observe = Callable[[Sequence[float], float], None]
_RECENT = 8
_USUAL_SECONDS = 0.02


class QueueFull(Exception):
    """More waits than may; `retry_after` is about how many seconds the queue takes to empty."""

    def __init__(self, waiting: int, retry_after: float) -> None:
        super().__init__(f"{waiting} inputs wait already")
        self.waiting, self.retry_after = waiting, retry_after


class NotEncoded(Exception):
    """The model failed on this one input, alone; the cause is in the log."""


@dataclass(eq=False)
class Waiting(Generic[Item]):
    item: Item
    row: asyncio.Future[Row]
    since: float


@dataclass(frozen=True)
class BatchLimits:
    """`patience`: seconds that a batch waits at most while more inputs are being decoded than are ready.

    The processor decodes meanwhile, and a larger batch takes less time for each of its inputs.

    `most_seconds`: what would have to wait longer is refused at once, rather than answered too late.
    """

    most_in_batch: int = 32
    most_waiting: int = 512
    patience: float = 0.02
    most_seconds: float = math.inf


class Batcher(Generic[Item]):
    """One model call at a time, off the event loop; results return to the request that asked.

    A request that is cancelled (its deadline passed, its client hung up) frees its places at once. An input
    that makes the model fail fails alone: its batch is encoded again in halves.
    """

    def __init__(
        self,
        encode: Encode[Item],
        limits: BatchLimits,
        thread: ThreadPoolExecutor,
        observe: Observe = lambda _waited, _encoded: None,
    ) -> None:
        """`thread` has one worker, which the batchers of one machine share.

        `observe(how long each input of a batch waited, how long they were encoded)`, in seconds.
        """
        self._encode, self._limits, self._thread, self._observe = encode, limits, thread, observe
        self._queue: deque[Waiting[Item]] = deque()
        self._arrived = asyncio.Event()
        self._announced = 0
        self._encoding = 0
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._worker: asyncio.Task[None] | None = None

    @property
    def depth(self) -> int:
        """How many inputs wait, those still being decoded included."""
        return len(self._queue) + self._announced

    @property
    def _seconds_an_item(self) -> float:
        """Of the fastest of the last batches: small ones, and the very first, take longer for each input."""
        return min(self._recent, default=_USUAL_SECONDS)

    @property
    def busy(self) -> bool:
        return bool(self.depth or self._encoding)

    def reserve(self, count: int) -> "Places[Item]":
        """Places for `count` inputs that are yet to be decoded; `QueueFull` when there is no room."""
        after = self.depth + count
        too_late = (after + self._encoding) * self._seconds_an_item > self._limits.most_seconds
        if self.depth and (after > self._limits.most_waiting or too_late):
            raise QueueFull(self.depth, max(1.0, self.depth * self._seconds_an_item))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        self._announced += count
        return Places(self, count)

    def give_back(self, count: int) -> None:
        self._announced -= count
        self._arrived.set()

    async def encode(self, item: Item) -> Row:
        """The vector, shape (d,), of one input. Cancelling it frees its place."""
        waiting = Waiting(item, asyncio.get_running_loop().create_future(), monotonic())
        self._queue.append(waiting)
        self._arrived.set()
        try:
            return await waiting.row
        finally:
            if waiting in self._queue:  # the request was cancelled while it waited
                self._queue.remove(waiting)

    async def close(self) -> None:
        """Only when nobody waits: who still does is cancelled."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        for waiting in self._queue:
            waiting.row.cancel()

    async def _work(self) -> None:
        while True:
            batch = await self._next_batch()
            if not batch:
                continue
            start = monotonic()
            self._encoding = len(batch)
            await self._encode_batch(batch)
            self._encoding = 0
            seconds = monotonic() - start
            self._recent.append(seconds / len(batch))
            self._observe([start - waiting.since for waiting in batch], seconds)

    async def _next_batch(self) -> list[Waiting[Item]]:
        while not self._queue:
            await self._wait_for_arrival(None)
        patient_until = monotonic() + self._limits.patience
        while len(self._queue) < min(self._announced, self._limits.most_in_batch):
            if not await self._wait_for_arrival(patient_until - monotonic()):
                break
        size = min(len(self._queue), self._limits.most_in_batch)
        return [self._queue.popleft() for _ in range(size)]

    async def _wait_for_arrival(self, seconds: float | None) -> bool:
        self._arrived.clear()
        try:
            await asyncio.wait_for(self._arrived.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _encode_batch(self, batch: list[Waiting[Item]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._thread, self._encode, [waiting.item for waiting in batch])
        except Exception as error:  # whatever one input did to the model, the others must not pay for it
            if len(batch) == 1:
                _fail(batch[0], error)
            else:
                middle = len(batch) // 2
                await self._encode_batch(batch[:middle])
                await self._encode_batch(batch[middle:])
            return
        for waiting, row in zip(batch, rows, strict=True):
            if not waiting.row.done():
                waiting.row.set_result(row)


def _fail(waiting: Waiting[Item], error: Exception) -> None:
    log.error("the model failed on one input", exc_info=error)
    if not waiting.row.done():
        failed = NotEncoded(str(error))
        failed.__cause__ = error
        waiting.row.set_exception(failed)


class Places(Generic[Item]):
    """One request's places in the queue; leaving the `with` block gives back those that weren't used."""

    def __init__(self, batcher: Batcher[Item], count: int) -> None:
        self._batcher, self._left = batcher, count

    async def encode(self, prepare: Callable[[], Awaitable[Item]]) -> Row:
        """The vector, shape (d,), of one input once it is prepared. What `prepare` raises goes through."""
        try:
            item = await prepare()
        finally:
            self._give_back(1)
        return await self._batcher.encode(item)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back(self._left)

    def _give_back(self, count: int) -> None:
        self._left -= count
        self._batcher.give_back(count)
