"""The encoder that needs no weights: where a picture's colours lie, and which way its edges run.

Four blocks, each of unit length before its weight. In the OKLab colour space (B. Ottosson,
"A perceptual color space for image processing", 2020), of the picture squeezed to 64 x 64:

- `palette`: a soft histogram of all colours; survives moving and mirroring;
- `regions`: the same histogram of the four quarters and the centre;
- `layout`: the lowest frequencies of lightness and colour, as MPEG-7's Color Layout Descriptor has them;
- `edges`: how strong edges of six orientations are, in 8 x 8 cells, as MPEG-7's Edge Histogram has them.

Histograms go through a square root (the Hellinger kernel) and lose their mean, so that two unrelated pictures
score near 0, not near 1.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embedding_service.encoders.arrays import Pixels
from embedding_service.encoders.base import Encoder

Floats = NDArray[Any]

SIDE = 64
HUES, LIGHTNESSES, GREYS = 8, 3, 8
CELLS, ORIENTATIONS = 8, 6
FREQUENCIES_LIGHT, FREQUENCIES_COLOUR = 6, 4
# Chosen on small labelled photos and on changed copies (cropped, brighter, paler) of larger ones.
PALETTE, REGIONS, LAYOUT, EDGES = 0.7, 0.7, 0.5, 1.2
FLOOR = 0.05
"""Blocks much shorter than this hold only noise and aren't stretched: a plain wall stays plain."""

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


class ColorLayoutEncoder(Encoder):
    def prepare(self, image: Image.Image) -> Pixels:
        """Shrinks by area average (pictures smaller than 64 x 64 grow by interpolation)."""
        filter_ = Image.Resampling.BOX if min(image.size) >= SIDE else Image.Resampling.BICUBIC
        return np.asarray(image.resize((SIDE, SIDE), filter_))

    def _encode_pixels(self, pixels: Pixels) -> Floats:
        return np.stack([describe(picture) for picture in pixels])


def describe(pixels: Pixels) -> Floats:
    """The vector `(788,)` of one 64 x 64 picture."""
    light, a, b = _oklab(pixels)
    colours = _colour_memberships(light, a, b)
    layout = np.concatenate(
        [
            _low_frequencies(light - 0.55, FREQUENCIES_LIGHT),
            3 * _low_frequencies(a, FREQUENCIES_COLOUR),
            3 * _low_frequencies(b, FREQUENCIES_COLOUR),
        ]
    )
    return np.concatenate(
        [
            PALETTE * _unit(_histogram(colours)),
            REGIONS * _unit(np.concatenate([_histogram(region) for region in _regions(colours)])),
            LAYOUT * _unit(layout),
            EDGES * _unit(_edges(light)),
        ]
    )


def _oklab(pixels: Pixels) -> Floats:
    """sRGB `(side, side, 3)` to lightness 0..1 and two colour axes `(3, side, side)`."""
    encoded = pixels / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.moveaxis(np.cbrt(linear @ _TO_CONES.T) @ _TO_LAB.T, -1, 0)


def _colour_memberships(light: Floats, a: Floats, b: Floats) -> Floats:
    """How much each pixel belongs to each colour bin `(side, side, bins)`; the bins of a pixel sum to 1."""
    chroma = np.hypot(a, b)
    colourful = np.clip((chroma - 0.02) / 0.06, 0, 1)
    strong = np.clip((chroma - 0.06) / 0.12, 0, 1)
    by_strength = np.stack([colourful * (1 - strong), colourful * strong], -1)
    by_hue = _shares(np.arctan2(b, a) / (2 * np.pi) * HUES % HUES, HUES, circular=True)
    by_light = _shares(np.clip(light, 0, 1) * (LIGHTNESSES - 1), LIGHTNESSES)
    coloured = np.einsum("ijl,ijh,ijs->ijlhs", by_light, by_hue, by_strength).reshape(*light.shape, -1)
    grey = _shares(np.clip(light, 0, 1) * (GREYS - 1), GREYS) * (1 - colourful)[..., None]
    return np.concatenate([coloured, grey], -1)


def _shares(position: Floats, bins: int, circular: bool = False) -> Floats:
    """Split each position between its two nearest bins, by nearness."""
    distance = np.abs(position[..., None] - np.arange(bins))
    if circular:
        distance = np.minimum(distance, bins - distance)
    shares: Floats = np.clip(1 - distance, 0, None)
    return shares


def _histogram(memberships: Floats) -> Floats:
    shares: Floats = np.sqrt(memberships.mean((0, 1)))
    return _centred(shares)


def _regions(colours: Floats) -> list[Floats]:
    """The four quarters, and the centre."""
    half, quarter = SIDE // 2, SIDE // 4
    first, second, middle = slice(half), slice(half, SIDE), slice(quarter, SIDE - quarter)
    places = [(first, first), (first, second), (second, first), (second, second), (middle, middle)]
    return [colours[place] for place in places]


def _low_frequencies(channel: Floats, count: int) -> Floats:
    """The first `count` x `count` coefficients of the two-dimensional DCT-II, per pixel."""
    steps = (np.arange(SIDE) + 0.5) * np.pi / SIDE
    waves = np.cos(steps * np.arange(count)[:, None]) * np.sqrt(2 / SIDE)
    waves[0] /= np.sqrt(2)
    coefficients: Floats = waves @ channel @ waves.T
    return coefficients.ravel() / SIDE


def _edges(light: Floats) -> Floats:
    """Root of the mean gradient by orientation in each cell, less its mean."""
    framed = np.pad(light, 1, mode="edge")
    across = framed[1:-1, 2:] - framed[1:-1, :-2]
    down = framed[2:, 1:-1] - framed[:-2, 1:-1]
    direction = np.arctan2(down, across) / np.pi * ORIENTATIONS % ORIENTATIONS
    strength = _shares(direction, ORIENTATIONS, circular=True) * np.hypot(across, down)[..., None]
    size = SIDE // CELLS
    cells: Floats = strength.reshape(CELLS, size, CELLS, size, ORIENTATIONS).mean((1, 3))
    return _centred(np.sqrt(cells).ravel())


def _centred(block: Floats) -> Floats:
    centred: Floats = block - block.mean()
    return centred


def _unit(block: Floats) -> Floats:
    unit: Floats = block / np.hypot(np.linalg.norm(block), FLOOR)
    return unit
