"""What is measured inside a process of its own: the naive way, our engine, and each of its steps alone."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from embedding_service.batcher import BatchLimits
from embedding_service.embedder import Embedder, Threads
from embedding_service.encoders.base import Encoder
from embedding_service.encoders.checkpoint import local_spec
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from embedding_service.measures import Measures
from embedding_service.runtimes.choose import Wanted, fastest_runtime
from embedding_service.web.schemas import Embeddings
from picture_files.reader import PictureLimits, read_picture
from service_kit.arrays import from_npy, to_npy
from service_kit.metrics import Metrics

Measured = Path | str
"""The folder of a checkpoint, or the name of an encoder that is installed with us."""
BATCH = 32
CONVERTED = "image-search-openvino"


def naive(checkpoint: Path, photos: Sequence[bytes]) -> dict[str, Any]:
    """(a) transformers' own processor, and its model in float32, in batches of 32."""
    import torch
    from PIL import Image
    from transformers import CLIPModel, CLIPProcessor

    processor: Any = CLIPProcessor.from_pretrained(checkpoint)
    model: Any = CLIPModel.from_pretrained(checkpoint, dtype=torch.float32)
    model.eval()

    @torch.inference_mode()
    def embed(batch: Sequence[bytes]) -> None:
        images = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in batch]
        model.get_image_features(**processor(images=images, return_tensors="pt"))

    embed(photos[:2])
    return _rate(len(photos), lambda: [embed(photos[i : i + BATCH]) for i in range(0, len(photos), BATCH)])


def engine(
    measured: Measured, photos: Sequence[bytes], folder: Path, setup: dict[str, Any]
) -> dict[str, Any]:
    """(b) our engine in process, files to vectors, and one photo at a time for the latency."""
    encoder = prepared_encoder(measured, folder, setup["runtime"])
    return asyncio.run(_engine(encoder, photos, setup)) | {"runtime": encoder.runtime}


async def _engine(encoder: Encoder, photos: Sequence[bytes], setup: dict[str, Any]) -> dict[str, Any]:
    threads = Threads.start(setup["decode_threads"])
    limits = BatchLimits(setup["batch_size"], most_waiting=10**6)
    embedder = Embedder(encoder, threads, Measures(Metrics()), PictureLimits(), 10**8, limits)
    await embedder.embed_images([io.BytesIO(photo) for photo in photos[:BATCH]])
    began, busy = time.perf_counter(), time.process_time()
    await embedder.embed_images([io.BytesIO(photo) for photo in photos])
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    alone = []
    for photo in photos[: setup["singles"]]:
        one = time.perf_counter()
        await embedder.embed_images([io.BytesIO(photo)])
        alone.append(time.perf_counter() - one)
    await embedder.close()
    threads.stop()
    return {
        "photos_a_second": round(len(photos) / seconds, 1),
        "processor_ms_a_photo": round(busy / len(photos) * 1e3, 1),
        "one_photo_ms": round(median(alone) * 1e3, 1),
    }


def steps(measured: Measured, photos: Sequence[bytes], folder: Path, setup: dict[str, Any]) -> dict[str, Any]:
    """(d) decoding alone and encoding alone, each on all cores; together they share these."""
    encoder = prepared_encoder(measured, folder, setup["runtime"])

    def prepare(photo: bytes) -> Any:
        return encoder.prepare(read_picture(io.BytesIO(photo), PictureLimits(), encoder.least_side))

    with ThreadPoolExecutor(setup["cores"]) as pool:
        list(pool.map(prepare, photos[:BATCH]))
        decode = _rate(len(photos), lambda: list(pool.map(prepare, photos)))["photos_a_second"]
        pixels = list(pool.map(prepare, photos))
    rates = {size: _encode_rate(encoder, pixels, size) for size in (1, 4, 8, 16, 32, 64)}
    best = max(rates.values())
    return {
        "runtime": encoder.runtime,
        "decode_only": decode,
        "encode_only_by_batch": rates,
        "limit_photos_a_second": round(1 / (1 / decode + 1 / best), 1),
    }


def _encode_rate(encoder: Encoder, pixels: Sequence[Any], size: int) -> float:
    used = pixels[: max(size, len(pixels) if size > 2 else len(pixels) // 4)]
    batches = [used[i : i + size] for i in range(0, len(used) - size + 1, size)]
    encoder.embed_pixels(batches[0])
    return float(
        _rate(size * len(batches), lambda: [encoder.embed_pixels(batch) for batch in batches])[
            "photos_a_second"
        ]
    )


def answers(dimension: int = 512, rows: int = BATCH, repeats: int = 50) -> dict[str, Any]:
    """Binary and JSON answers of one request: their size, and the time to write and to read them."""
    vectors = np.random.default_rng(0).normal(size=(rows, dimension)).astype(np.float32)

    def as_json() -> bytes:
        embeddings: list[list[float] | None] = list(vectors.tolist())
        body = Embeddings(model="m", fingerprint="f", dimension=dimension, embeddings=embeddings, errors=[])
        return body.model_dump_json().encode()

    def read_json(body: bytes) -> Any:
        return np.array(json.loads(body)["embeddings"], np.float32)

    return {
        "json": _answer_cost(as_json, read_json, repeats),
        "npy": _answer_cost(lambda: to_npy(vectors), from_npy, repeats),
    }


def _answer_cost(write: Callable[[], bytes], read: Callable[[bytes], Any], repeats: int) -> dict[str, float]:
    body = write()
    writing = _rate(repeats, lambda: [write() for _ in range(repeats)])["seconds"] / repeats
    reading = _rate(repeats, lambda: [read(body) for _ in range(repeats)])["seconds"] / repeats
    return {
        "bytes": len(body),
        "write_ms": round(writing * 1e3, 3),
        "read_ms": round(reading * 1e3, 3),
    }


def prepared_encoder(measured: Measured, folder: Path, wanted: Wanted) -> Encoder:
    logging.basicConfig(level=logging.WARNING)
    if isinstance(measured, str):
        encoder = load_encoder(BY_NAME[measured])
    else:
        encoder = load_encoder(local_spec(measured, None), measured)
    selected = fastest_runtime(encoder, wanted, folder / CONVERTED)
    if selected.runtime is not None:
        encoder.adopt(selected.runtime)
    return encoder


def _rate(count: int, work: Callable[[], Any]) -> dict[str, float]:
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    return {"photos_a_second": round(count / seconds, 1), "seconds": round(seconds, 4)}
