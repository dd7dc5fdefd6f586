"""A folder of many photos made of a few: each cut and lit differently, so that none is another's twin."""

import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance

_LARGEST = 640
_IN_A_FOLDER = 1000


def write_photos(folder: Path, photos: Sequence[bytes], count: int) -> int:
    """`count` JPEGs below `folder`, a thousand in each sub-folder; their size together, in bytes."""
    for number in range(0, count, _IN_A_FOLDER):
        (folder / _folder_of(number)).mkdir(parents=True)
    with ProcessPoolExecutor(initializer=_take, initargs=(list(photos),)) as pool:
        return sum(pool.map(partial(_write, folder), range(count), chunksize=50))


def varied(photo: bytes, number: int) -> bytes:
    """A cut of 80 to 100 % of each side, brighter or darker by up to a fifth."""
    random = np.random.default_rng(number)
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    image.thumbnail((_LARGEST, _LARGEST))
    width, height = (round(side * random.uniform(0.8, 1.0)) for side in image.size)
    left = int(random.integers(image.width - width + 1))
    top = int(random.integers(image.height - height + 1))
    cut = image.crop((left, top, left + width, top + height))
    lit = ImageEnhance.Brightness(cut).enhance(float(random.uniform(0.8, 1.2)))
    buffer = io.BytesIO()
    lit.save(buffer, "JPEG", quality=int(random.integers(85, 95)))
    return buffer.getvalue()


_photos: list[bytes] = []


def _take(photos: list[bytes]) -> None:
    _photos[:] = photos


def _write(folder: Path, number: int) -> int:
    data = varied(_photos[number % len(_photos)], number)
    return (folder / _folder_of(number) / f"{number:07}.jpg").write_bytes(data)


def _folder_of(number: int) -> str:
    return f"{number // _IN_A_FOLDER:04}"
