"""`python -m benchmarks.duplicates --photos coco128.zip`: which changed copies count as near-duplicates.

Each photo with copies that were compressed again, made smaller, cropped and mirrored. A pair counts as the
service counts it: near enough to the encoder, and with the same greys."""

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from aggregate_service.jobs.comparing import NEAR
from benchmarks.comparing import comparing
from benchmarks.embedding import read_photos
from benchmarks.machine import machine
from embedding_service.encoders.load import load_encoder
from embedding_service.encoders.specs import BY_NAME
from picture_files.reader import PictureLimits, read_picture
from picture_files.signature import SAME, signature_of

_BATCH = 16
_CROPPED = 0.1  # of each side
Rows = dict[str, NDArray[np.float32]]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.duplicates", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--photos", type=Path, help="a folder, or an archive such as COCO128's")
    source.add_argument(
        "--synthetic", type=int, metavar="COUNT", help="how long the duplicates of so many take to find"
    )
    parser.add_argument("--model", default="mini")
    options = parser.parse_args(arguments)
    if options.synthetic:
        with tempfile.TemporaryDirectory() as folder:
            found = comparing(Path(folder), options.synthetic)
        print(json.dumps({"machine": machine()} | found, indent=1))
        return 0
    photos = [Image.open(io.BytesIO(photo)).convert("RGB") for photo in read_photos(options.photos)]
    encoder = load_encoder(BY_NAME[options.model])

    def embed(files: Sequence[bytes]) -> NDArray[np.float32]:
        pixels = [
            encoder.prepare(read_picture(io.BytesIO(file), PictureLimits(), encoder.least_side))
            for file in files
        ]
        parts = [encoder.embed_pixels(pixels[at : at + _BATCH]) for at in range(0, len(pixels), _BATCH)]
        return np.concatenate(parts)

    copies = {name: [copy(photo) for photo in photos] for name, copy in COPIES.items()}
    vectors = {name: embed(files) for name, files in copies.items()}
    greys = {name: np.stack([_greys(file) for file in files]) for name, files in copies.items()}
    told = {"machine": machine(), "photos": len(photos), "model": options.model} | measured(vectors, greys)
    print(json.dumps(told, indent=1))
    return 0


def measured(vectors: Rows, greys: Rows) -> dict[str, Any]:
    """Of each kind of copy how many are found with their original; how many of all pairs found are right."""
    cosines = {name: (vectors["original"] * rows).sum(1) for name, rows in vectors.items()}
    products = {name: (greys["original"] * rows).sum(1) for name, rows in greys.items()}
    kinds = [name for name in COPIES if name != "original"]
    rows, shades = (np.concatenate([parts[kind] for kind in COPIES]) for parts in (vectors, greys))
    photo = np.tile(np.arange(len(vectors["original"])), len(COPIES))
    found = np.triu((rows @ rows.T >= NEAR) & (shades @ shades.T >= SAME), 1)
    right = found & (photo[:, None] == photo[None, :])
    return {
        "recall": {
            kind: round(float(((cosines[kind] >= NEAR) & (products[kind] >= SAME)).mean()), 3)
            for kind in kinds
        },
        "lowest_cosine": {kind: round(float(cosines[kind].min()), 3) for kind in kinds},
        "lowest_product_of_greys": {kind: round(float(products[kind].min()), 3) for kind in kinds},
        "pairs": int(found.sum()),
        "precision": round(float(right.sum() / max(1, found.sum())), 4),
    }


def _greys(file: bytes) -> NDArray[np.float32]:
    found = signature_of(io.BytesIO(file), PictureLimits())
    return np.zeros(256, np.float32) if found is None else found


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
