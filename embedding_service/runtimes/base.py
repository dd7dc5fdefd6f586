"""The proof that each runtime has to give before it is used: the reference's vectors."""

import numpy as np
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder, Runtime

LEAST_COSINE = 0.999


class RuntimeFailed(RuntimeError):
    """The runtime can't be had, or isn't right; the message is one line."""


def prove_parity(encoder: Encoder, runtime: Runtime) -> None:
    """Compare with the encoder's own float32 vectors of a probe; `RuntimeFailed` below `LEAST_COSINE`."""
    pixels = probe_pixels(encoder)
    expected, given = encoder.reference(pixels), runtime(pixels)
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(given, axis=1)
    cosine = float(((expected * given).sum(1) / lengths).min())
    if not cosine >= LEAST_COSINE:  # NaN isn't either
        raise RuntimeFailed(f"its vectors differ from the reference (cosine {cosine:.4f} on a probe)")


def probe_pixels(encoder: Encoder) -> Pixels:
    """What the encoder sees of three drawn pictures, `(3, height, width, 3)`."""
    return np.stack([encoder.prepare(image) for image in _probes()])


def _probes() -> list[Image.Image]:
    random = np.random.default_rng(11)
    coarse = Image.fromarray(random.integers(0, 256, (5, 7, 3), np.uint8))
    return [
        coarse.resize((448, 320), Image.Resampling.BICUBIC),
        Image.linear_gradient("L").rotate(30).convert("RGB"),
        Image.fromarray(random.integers(0, 256, (300, 300, 3), np.uint8)),
    ]
