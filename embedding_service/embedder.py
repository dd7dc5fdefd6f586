"""Runs one encoder for many requests: decoding in a small pool, batches of all requests through the model."""

import asyncio
import io
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO, TypeVar

import numpy as np
from PIL import Image

from embedding_service.batcher import Batcher, BatchLimits, NotEncoded, Places, QueueFull, Row
from embedding_service.encoders.arrays import Pixels, Vectors
from embedding_service.encoders.base import Encoder
from embedding_service.errors import NothingEncoded, PictureNotEncoded, TooBusy
from embedding_service.measures import Measures
from embedding_service.runtimes.choose import Selected
from picture_files.errors import FileTooLarge, UnreadablePicture
from picture_files.reader import PictureLimits, read_picture
from service_kit.messages.message import message
from service_kit.problems import Problem

STILL_TRYING = "others are being tried"
T = TypeVar("T")
Item = TypeVar("Item")


@dataclass(frozen=True)
class Embedded:
    """`vectors` `(n, dimension)` in the request's order; a bad picture's row is NaN, its reason in `bad`."""

    vectors: Vectors
    bad: dict[int, Problem]


@dataclass(frozen=True)
class Threads:
    """All models of a process share them: pictures decoded side by side, one model call at a time."""

    decoding: ThreadPoolExecutor
    encoding: ThreadPoolExecutor

    @classmethod
    def start(cls, decode_threads: int) -> "Threads":
        return cls(ThreadPoolExecutor(decode_threads, "decode"), ThreadPoolExecutor(1, "encode"))

    def stop(self) -> None:
        self.decoding.shutdown(cancel_futures=True)
        self.encoding.shutdown(cancel_futures=True)


class Embedder:
    def __init__(
        self,
        encoder: Encoder,
        threads: Threads,
        measures: Measures,
        limits: PictureLimits,
        max_file_bytes: int,
        batches: BatchLimits,
    ) -> None:
        self.encoder, self.measures = encoder, measures
        self._threads, self._limits, self._max_file_bytes = threads, limits, max_file_bytes
        self.runtime_why = STILL_TRYING
        name = encoder.spec.name
        self._pictures: Batcher[Pixels] = Batcher(
            encoder.embed_pixels, batches, threads.encoding, measures.observer(name, "image")
        )
        self._texts: Batcher[str] = Batcher(
            encoder.embed_texts, batches, threads.encoding, measures.observer(name, "text")
        )
        measures.watch_queue(name, "image", lambda: self._pictures.depth)
        measures.watch_queue(name, "text", lambda: self._texts.depth)

    async def embed_images(self, files: Sequence[BinaryIO]) -> Embedded:
        """Open files to vectors. Each is read, decoded and shrunk in one go: few are in memory whole.

        Raises `TooBusy` when too much waits already. Cancelling it gives its places to others.
        """
        with _reserved(self._pictures, len(files)) as places:
            results = await _all([self._embed_image(file, places) for file in files])
        vectors = np.full((len(files), self.encoder.spec.dimension), np.nan, np.float32)
        bad = {}
        for i, result in enumerate(results):
            if isinstance(result, Problem):
                bad[i] = result
            else:
                vectors[i] = result
        return Embedded(vectors, bad)

    async def truncated(self, texts: Sequence[str]) -> list[int]:
        """The positions of the texts that the encoder reads the beginning of only."""
        checks = await asyncio.gather(*(self._in_pool(partial(self.encoder.too_long, t)) for t in texts))
        return [i for i, too_long in enumerate(checks) if too_long]

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts to vectors `(n, dimension)`; raises `TooBusy`, or `NothingEncoded` when the model fails."""
        with _reserved(self._texts, len(texts)) as places:
            rows = await _all([self._embed_text(text, places) for text in texts])
        for row in rows:
            if isinstance(row, NotEncoded):
                raise NothingEncoded(message("text-not-encoded", encoder=self.encoder.spec.name))
        return np.array(rows, np.float32).reshape(len(texts), self.encoder.spec.dimension)

    def prove(self) -> None:
        """Really embed a drawn picture, and a text if the encoder can; raises what the encoder raises."""
        self.encoder.embed_images([Image.linear_gradient("L").convert("RGB")])
        if "text" in self.encoder.spec.modalities:
            self.encoder.embed_texts(["a photo"])

    @property
    def runtime(self) -> str:
        return self.encoder.runtime

    def adopt(self, selected: Selected) -> None:
        """Let another runtime encode pictures, from the next batch on. Called from any other thread."""
        if selected.runtime is not None:
            try:
                adopted = self._threads.encoding.submit(self.encoder.adopt, selected.runtime)
            except RuntimeError:  # the service has stopped meanwhile
                return
            adopted.result()
        self.runtime_why = selected.why

    async def retire(self) -> None:
        """Close once nobody waits; requests that have just been handed this embedder still finish."""
        self.measures.forget(self.encoder.spec.name)
        await asyncio.sleep(1)
        while self._pictures.busy or self._texts.busy:  # noqa: ASYNC110 - no hurry, and no event to miss
            await asyncio.sleep(0.1)
        await self.close()

    async def close(self) -> None:
        await self._pictures.close()
        await self._texts.close()

    async def _embed_image(self, file: BinaryIO, places: Places[Pixels]) -> Row | Problem:
        try:
            return await places.encode(partial(self._in_pool, partial(self._prepare, file)))
        except UnreadablePicture as problem:
            return problem
        except NotEncoded:
            return PictureNotEncoded(message("picture-not-encoded", encoder=self.encoder.spec.name))

    async def _embed_text(self, text: str, places: Places[str]) -> Row | NotEncoded:
        try:
            return await places.encode(partial(_at_once, text))
        except NotEncoded as failed:
            return failed

    def _in_pool(self, action: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._threads.decoding, action)

    def _prepare(self, file: BinaryIO) -> Pixels:
        with self.measures.step("decode"):
            data = file.read(self._max_file_bytes + 1)
            if len(data) > self._max_file_bytes:
                raise FileTooLarge(message("file-too-large", limit=f"{self._max_file_bytes / 1e6:g}"))
            return self.encoder.prepare(read_picture(io.BytesIO(data), self._limits, self.encoder.least_side))


@contextmanager
def _reserved(batcher: Batcher[Item], count: int) -> Iterator[Places[Item]]:
    try:
        places = batcher.reserve(count)
    except QueueFull as full:
        seconds = math.ceil(full.retry_after)
        raise TooBusy(
            message("too-busy", count=full.waiting, more=count, seconds=seconds),
            headers={"Retry-After": str(seconds)},
        ) from full
    with places:
        yield places


async def _all(works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Every result in order; cancelling it cancels every one and waits until they have ended."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in works]
    return [task.result() for task in tasks]


async def _at_once(item: Item) -> Item:
    return item
