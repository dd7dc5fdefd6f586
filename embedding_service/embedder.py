"""Runs one encoder for many requests: decoding in a small pool, one model call at a time, off the loop."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image

from embedding_service.encoders.base import Encoder, Pixels, Vectors
from embedding_service.errors import BadPicture, FileTooLarge
from embedding_service.images import PictureLimits, read_picture
from service_kit.metrics import Metrics


@dataclass(frozen=True)
class Embedded:
    """`vectors` `(n, dimension)` in the request's order; a bad picture's row is NaN, its reason in `bad`."""

    vectors: Vectors
    bad: dict[int, BadPicture]


class Embedder:
    def __init__(
        self,
        encoder: Encoder,
        metrics: Metrics,
        limits: PictureLimits,
        max_file_bytes: int,
        decode_threads: int,
    ) -> None:
        self.encoder, self.metrics = encoder, metrics
        self._limits, self._max_file_bytes = limits, max_file_bytes
        self._decoding = ThreadPoolExecutor(decode_threads, "decode")
        self._encoding = ThreadPoolExecutor(1, "encode")

    async def embed_images(self, files: Sequence[BinaryIO]) -> Embedded:
        """Open files to vectors. Each is read, decoded and shrunk in one go: few are in memory whole."""
        loop = asyncio.get_running_loop()
        prepared = await asyncio.gather(
            *(loop.run_in_executor(self._decoding, self._prepare, file) for file in files)
        )
        bad = {i: item for i, item in enumerate(prepared) if isinstance(item, BadPicture)}
        vectors = np.full((len(files), self.encoder.spec.dimension), np.nan, np.float32)
        good = [i for i in range(len(files)) if i not in bad]
        if good:
            pixels = [item for item in prepared if not isinstance(item, BadPicture)]
            vectors[good] = await loop.run_in_executor(self._encoding, self._encode_pixels, pixels)
        return Embedded(vectors, bad)

    async def embed_texts(self, texts: Sequence[str]) -> Vectors:
        return await asyncio.get_running_loop().run_in_executor(self._encoding, self._encode_texts, texts)

    def prove(self) -> None:
        """Really embed a drawn picture, and a text if the encoder can; raises what the encoder raises."""
        self.encoder.embed_images([Image.linear_gradient("L").convert("RGB")])
        if "text" in self.encoder.spec.modalities:
            self.encoder.embed_texts(["a photo"])

    def close(self) -> None:
        self._decoding.shutdown(cancel_futures=True)
        self._encoding.shutdown(cancel_futures=True)

    def _prepare(self, file: BinaryIO) -> Pixels | BadPicture:
        with self.metrics.step("decode"):
            try:
                data = file.read(self._max_file_bytes + 1)
                if len(data) > self._max_file_bytes:
                    raise FileTooLarge(f"The file is larger than {self._max_file_bytes / 1e6:g} MB.")
                return self.encoder.prepare(read_picture(data, self._limits, self.encoder.least_side))
            except BadPicture as problem:
                return problem

    def _encode_pixels(self, pixels: Sequence[Pixels]) -> Vectors:
        with self.metrics.step("encode"):
            return self.encoder.embed_pixels(pixels)

    def _encode_texts(self, texts: Sequence[str]) -> Vectors:
        with self.metrics.step("encode"):
            return self.encoder.embed_texts(texts)
