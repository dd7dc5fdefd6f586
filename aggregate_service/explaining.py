"""Why a picture was found: how well each part of it, seen alone, fits the question; for any encoder."""

import asyncio
import io
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.pixels import PixelLimits, shrink

GRID = 7
_SHARE = 0.4  # of each side: large enough for a thing to be recognised, small enough to say where it is
_SIDE = 640  # a window of it is about as large as encoders read
_AT_ONCE = 25


def windows(file: BinaryIO, limits: PixelLimits) -> list[bytes]:
    """GRID × GRID overlapping parts of the upright picture as JPEGs, row by row."""
    small = Image.open(io.BytesIO(shrink(file, _SIDE, limits, "JPEG")))
    width, height = (max(1, round(side * _SHARE)) for side in small.size)
    steps = [step / (GRID - 1) for step in range(GRID)]
    lefts = [round(step * (small.width - width)) for step in steps]
    tops = [round(step * (small.height - height)) for step in steps]
    return [_jpeg(small.crop((left, top, left + width, top + height))) for top in tops for left in lefts]


async def scores(
    embedding: EmbeddingClient, parts: list[bytes], query: NDArray[np.float32], model: str | None
) -> list[list[float]]:
    """For each window 0 (the worst of this picture) to 1 (the best), in rows of GRID; `query` is a vector."""
    batches = [parts[start : start + _AT_ONCE] for start in range(0, len(parts), _AT_ONCE)]
    answers = await asyncio.gather(
        *(embedding.embed_images([("part.jpg", part) for part in batch], model) for batch in batches)
    )
    cosines = np.nan_to_num(np.concatenate([answer.vectors for answer in answers]) @ query, nan=-1.0)
    spread = float(np.ptp(cosines))
    levels = (cosines - cosines.min()) / spread if spread > 0 else np.zeros_like(cosines)
    rows: list[list[float]] = levels.reshape(GRID, GRID).round(3).tolist()
    return rows


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
