"""What waits together is encoded together; nobody pays for another's input, patience or departure."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding_service.batcher import Batcher, BatchLimits, NotEncoded, Places, QueueFull


class FakeModel:
    """Encodes the number n as [n]; `held` keeps it busy; refuses `poison`."""

    def __init__(self, poison: int | None = None) -> None:
        self.batches: list[list[int]] = []
        self.poison = poison
        self.free = threading.Event()
        self.free.set()
        self.started = threading.Event()

    def __call__(self, items: Sequence[int]) -> NDArray[np.float32]:
        self.started.set()
        self.free.wait(120)
        self.batches.append(list(items))
        if self.poison in items:
            raise RuntimeError("poisoned")
        return np.array([[item] for item in items], np.float32)


def play(
    scene: Callable[[Batcher[int]], Awaitable[None]],
    model: FakeModel,
    limits: BatchLimits | None = None,
    encode: Callable[[Sequence[int]], NDArray[np.float32]] | None = None,
) -> None:
    async def stage() -> None:
        with ThreadPoolExecutor(1) as thread:
            batcher = Batcher(encode or model, limits or BatchLimits(), thread)
            try:
                await scene(batcher)
            finally:
                model.free.set()
                await batcher.close()

    asyncio.run(stage())


def ask(batcher: Batcher[int], item: int) -> "asyncio.Task[NDArray[np.float32]]":
    async def request() -> NDArray[np.float32]:
        with places:
            return await places.encode(lambda: decoded(item))

    places = batcher.reserve(1)
    return asyncio.create_task(request())


async def decoded(item: int, after: asyncio.Event | None = None) -> int:
    await (after.wait() if after else asyncio.sleep(0))
    return item


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def keep_busy(batcher: Batcher[int], model: FakeModel) -> "asyncio.Task[NDArray[np.float32]]":
    model.free.clear()
    model.started.clear()
    first = ask(batcher, 0)
    await asyncio.to_thread(model.started.wait, 120)
    return first


def test_inputs_that_wait_together_are_encoded_together() -> None:
    model = FakeModel()

    async def scene(batcher: Batcher[int]) -> None:
        first = await keep_busy(batcher, model)
        others = [ask(batcher, n) for n in range(1, 6)]
        await settle()
        model.free.set()
        rows = await asyncio.gather(first, *others)
        assert [row.tolist() for row in rows] == [[n] for n in range(6)]

    play(scene, model, BatchLimits(most_in_batch=4))
    assert model.batches == [[0], [1, 2, 3, 4], [5]]


def test_a_batch_waits_for_what_is_being_decoded() -> None:
    model, ready = FakeModel(), asyncio.Event()

    async def scene(batcher: Batcher[int]) -> None:
        with batcher.reserve(3) as places:
            works = [places.encode(lambda: decoded(1)), places.encode(lambda: decoded(2, after=ready))]
            both = asyncio.gather(*works)
            await settle()
            assert model.batches == []
            ready.set()
            await both

    play(scene, model, BatchLimits(patience=600))
    assert model.batches == [[1, 2]]


def test_a_batch_does_not_wait_for_ever() -> None:
    model = FakeModel()

    async def scene(batcher: Batcher[int]) -> None:
        with batcher.reserve(3) as places:  # the others never come
            await places.encode(lambda: decoded(1))

    play(scene, model, BatchLimits(patience=0.01))
    assert model.batches == [[1]]


def test_a_full_queue_says_when_to_come_back() -> None:
    model = FakeModel()

    async def scene(batcher: Batcher[int]) -> None:
        await keep_busy(batcher, model)
        waiting = [ask(batcher, n) for n in range(1, 4)]
        with pytest.raises(QueueFull) as full:
            batcher.reserve(1)
        assert full.value.retry_after >= 1
        model.free.set()
        await asyncio.gather(*waiting)
        assert batcher.depth == 0

    play(scene, model, BatchLimits(most_waiting=3))


def test_what_would_wait_too_long_is_refused_at_once() -> None:
    model = FakeModel()
    seconds = 0.05

    async def scene(batcher: Batcher[int]) -> None:
        taken = [ask(batcher, item) for item in range(8)]  # nothing is known yet of how long they take
        await asyncio.gather(*taken)
        first = await keep_busy(batcher, model)
        second = ask(batcher, 1)  # it waits for one batch and its own
        await settle()
        with pytest.raises(QueueFull) as full:
            batcher.reserve(4)
        assert full.value.waiting == 1
        model.free.set()
        await asyncio.gather(first, second)
        await ask(batcher, 2)

    def slow(items: Sequence[int]) -> NDArray[np.float32]:
        time.sleep(seconds * len(items))
        return model(items)

    play(scene, model, BatchLimits(most_in_batch=1, most_seconds=5 * seconds), slow)


def test_a_request_larger_than_the_queue_is_taken_when_nothing_waits() -> None:
    async def scene(batcher: Batcher[int]) -> None:
        with batcher.reserve(5) as places:
            await asyncio.gather(*(places.encode(partial(decoded, n)) for n in range(5)))
        assert batcher.depth == 0

    play(scene, FakeModel(), BatchLimits(most_waiting=3))


def test_a_client_that_hangs_up_frees_its_place_and_is_not_encoded() -> None:
    model = FakeModel()

    async def scene(batcher: Batcher[int]) -> None:
        first = await keep_busy(batcher, model)
        gone, stays = ask(batcher, 1), ask(batcher, 2)
        await settle()
        assert batcher.depth == 2
        gone.cancel()
        await settle()
        assert batcher.depth == 1
        model.free.set()
        await asyncio.gather(first, stays)

    play(scene, model)
    assert model.batches == [[0], [2]]


async def refused() -> int:
    raise ValueError("not decodable")


def test_what_can_not_be_decoded_gives_its_place_back() -> None:
    async def scene(batcher: Batcher[int]) -> None:
        with batcher.reserve(2) as places:
            results = await asyncio.gather(
                places.encode(refused), places.encode(lambda: decoded(1)), return_exceptions=True
            )
            assert isinstance(results[0], ValueError)
            assert batcher.depth == 0

    play(scene, FakeModel())


def test_a_request_cancelled_before_it_began_keeps_no_place() -> None:
    async def scene(batcher: Batcher[int]) -> None:
        async def request(places: Places[int]) -> None:
            with places:
                works = [places.encode(partial(decoded, n, after=asyncio.Event())) for n in range(3)]
                await asyncio.gather(*works)

        task = asyncio.create_task(request(batcher.reserve(3)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settle()
        assert batcher.depth == 0

    play(scene, FakeModel())


def test_a_poisoned_input_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    model = FakeModel(poison=3)

    async def scene(batcher: Batcher[int]) -> None:
        await keep_busy(batcher, model)
        tasks = [ask(batcher, n) for n in range(1, 6)]
        await settle()
        model.free.set()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [str(r) if isinstance(r, BaseException) else r.tolist() for r in results] == [
            [1.0],
            [2.0],
            "poisoned",
            [4.0],
            [5.0],
        ]
        assert isinstance(results[2], NotEncoded)

    play(scene, model)
    assert "failed on one input" in caplog.text


def test_each_batch_is_observed() -> None:
    seen: list[tuple[int, bool]] = []

    async def stage() -> None:
        with ThreadPoolExecutor(1) as thread:
            batcher: Batcher[int] = Batcher(
                FakeModel(),
                BatchLimits(),
                thread,
                lambda waited, encoded: seen.append((len(waited), min(waited) >= 0 <= encoded)),
            )
            with batcher.reserve(3) as places:
                await asyncio.gather(*(places.encode(partial(decoded, n)) for n in range(3)))
            await settle()
            await batcher.close()

    asyncio.run(stage())
    assert seen == [(3, True)]
