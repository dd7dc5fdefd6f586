"""Why a picture was found: how well each part of it, seen alone, fits the question; for any encoder."""

import asyncio
import io
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aggregate_service.clients.embedding import EmbeddingClient
from aggregate_service.files.pixels import shrink
from picture_files.reader import PictureLimits

GRID = 7
CELLS = 14
"""The map's cells in each direction: half as large as the windows' steps, so that it has no corners."""
_SHARE = 0.4  # of each side: large enough for a thing to be recognised, small enough to say where it is
_SIDE = 640  # a window of it is about as large as encoders read
_AT_ONCE = 25
_FLAT = 0.001
"""A difference in cosine that is the arithmetic's: windows that show the same differ by less.

CLIP's cosines with texts lie close together: over the windows of a photo they may differ by less than 0.01.
"""


def windows(file: BinaryIO, limits: PictureLimits) -> list[bytes]:
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
    """For each cell 0 (the worst of this picture) to 1 (the best), in rows of CELLS; `query` is a vector."""
    batches = [parts[start : start + _AT_ONCE] for start in range(0, len(parts), _AT_ONCE)]
    answers = await asyncio.gather(
        *(embedding.embed_images([("part.jpg", part) for part in batch], model) for batch in batches)
    )
    cosines = np.nan_to_num(np.concatenate([answer.vectors for answer in answers]) @ query, nan=-1.0)
    near = _nearness()
    cells = near @ cosines.reshape(GRID, GRID) @ near.T
    levels = np.zeros_like(cells)
    if np.ptp(cosines) > _FLAT:
        levels = (cells - cells.min()) / np.ptp(cells)
    rows: list[list[float]] = levels.round(3).tolist()
    return rows


def _nearness() -> NDArray[np.float64]:
    """(CELLS, GRID): how much each window says of each cell, in one direction; rows add up to 1.

    Most in the window's middle, nothing beyond its edges: what a window scores is true of all that it
    covers, and a cell is covered by several.
    """
    cells = (np.arange(CELLS) + 0.5) / CELLS
    middles = np.arange(GRID) / (GRID - 1) * (1 - _SHARE) + _SHARE / 2
    covered = np.clip(1 - np.abs(cells[:, np.newaxis] - middles) / (_SHARE / 2), 0, None)
    shares: NDArray[np.float64] = covered / covered.sum(axis=1, keepdims=True)
    return shares


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()
