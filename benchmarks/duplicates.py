"""`python -m benchmarks.duplicates --photos coco128.zip`: which changed copies count as near-duplicates.

Each photo with copies that were compressed again, made smaller, cropped and mirrored; a pair counts when its
cosine reaches a threshold. Precision is over all pairs that are found, recall for each kind of copy."""

import argparse
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from aggregate_service.search.calibration import calibration_of
from benchmarks.embedding import read_photos
from benchmarks.machine import machine
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from picture_files.reader import PictureLimits, read_picture

_BATCH = 16
_CROPPED = 0.1  # of each side
_THRESHOLDS = (0.90, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates", description=__doc__)
    parser.add_argument(
        "--photos", type=Path, required=True, help="a folder, or an archive such as COCO128's"
    )
    parser.add_argument("--model", default="mini")
    options = parser.parse_args(arguments)
    photos = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in read_photos(options.photos)]
    encoder = load_encoder(BY_NAME[options.model])

    def embed(files: Sequence[bytes]) -> NDArray[np.float32]:
        pixels = [
            encoder.prepare(read_picture(io.BytesIO(file), PictureLimits(), encoder.least_side))
            for file in files
        ]
        parts = [encoder.embed_pixels(pixels[at : at + _BATCH]) for at in range(0, len(pixels), _BATCH)]
        return np.concatenate(parts)

    vectors = {name: embed([copy(photo) for photo in photos]) for name, copy in COPIES.items()}
    same = calibration_of(f"{options.model}@").same
    told = {f"{at:.2f}": measured(vectors, at) for at in sorted({*_THRESHOLDS, same})}
    print(json.dumps({"machine": machine(), "photos": len(photos), "same": same, "at": told}, indent=1))
    return 0


def measured(vectors: dict[str, NDArray[np.float32]], threshold: float) -> dict[str, float]:
    """Recall of each kind with its original; precision over the pairs of originals and these two kinds."""
    found = {
        name: round(float(((vectors["original"] * rows).sum(1) >= threshold).mean()), 3)
        for name, rows in vectors.items()
        if name != "original"
    }
    kinds = ("original", "compressed", "smaller")
    rows = np.concatenate([vectors[kind] for kind in kinds])
    photo = np.tile(np.arange(len(vectors["original"])), len(kinds))
    near = np.triu(rows @ rows.T >= threshold, 1)
    right = near & (photo[:, None] == photo[None, :])
    return found | {"precision": round(float(right.sum() / max(1, near.sum())), 4), "pairs": int(near.sum())}


def _jpeg(image: Image.Image, quality: int = 90) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _cropped(image: Image.Image) -> Image.Image:
    left, upper = round(image.width * _CROPPED), round(image.height * _CROPPED)
    return image.crop((left, upper, image.width - left, image.height - upper))


COPIES: dict[str, Callable[[Image.Image], bytes]] = {
    "original": lambda image: _jpeg(image, 95),
    "compressed": lambda image: _jpeg(image, 40),
    "smaller": lambda image: _jpeg(
        image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
    ),
    "cropped": lambda image: _jpeg(_cropped(image)),
    "mirrored": lambda image: _jpeg(ImageOps.mirror(image)),
}

if __name__ == "__main__":
    sys.exit(main())
